import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LoginAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name_key", models.CharField(max_length=64)),
                ("ip_key", models.CharField(blank=True, max_length=43)),
                ("time", models.FloatField(help_text="Seconds since 1970.")),
                ("name_number", models.PositiveIntegerField()),
                ("ip_number", models.PositiveIntegerField(null=True)),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["name_key", "ip_key", "name_number"], name="attempt_by_name_and_ip"),
                    models.Index(fields=["time"], name="attempt_by_time"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("name_key", "name_number"), name="attempt_name_number"),
                    models.UniqueConstraint(fields=("ip_key", "ip_number"), name="attempt_ip_number"),
                ],
            },
        ),
        migrations.CreateModel(
            name="LoginEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("signed_in", "signed in"),
                            ("signed_out", "signed out"),
                            ("failed", "failed"),
                            ("blocked", "blocked"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        blank=True, help_text="As it was typed; empty if no account has this name.", max_length=254
                    ),
                ),
                ("name_key", models.CharField(blank=True, help_text="A keyed hash of the name.", max_length=64)),
                ("ip", models.GenericIPAddressField(null=True, verbose_name="IP address")),
                ("user_agent", models.CharField(blank=True, max_length=400)),
                (
                    "session",
                    models.CharField(blank=True, help_text="The same for all events of a session.", max_length=32),
                ),
                ("time", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "number",
                    models.PositiveIntegerField(
                        db_default=None, help_text="How many sign-ins of this user it makes.", null=True
                    ),
                ),
                ("device", models.CharField(blank=True, max_length=100)),
                ("network", models.CharField(blank=True, max_length=43)),
                (
                    "new_device",
                    models.BooleanField(
                        db_default=False, help_text="Yes if this user had never signed in from this device and network."
                    ),
                ),
                (
                    "window",
                    models.PositiveBigIntegerField(null=True, help_text="Which LOCKOUT_WINDOW since 1970 it lies in."),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="login_events",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "permissions": [("unblock", "Can lift a lockout")],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(fields=["user", "kind", "id"], name="event_by_user"),
                    models.Index(fields=["user", "device", "network", "number"], name="event_by_device"),
                    models.Index(fields=["name_key", "id"], name="event_by_name"),
                    models.Index(fields=["ip", "id"], name="event_by_ip"),
                    models.Index(fields=["kind", "id"], name="event_by_kind"),
                    models.Index(fields=["new_device", "id"], name="event_by_new_device"),
                    models.Index(fields=["time"], name="event_by_time"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "number"), name="event_number"),
                    models.UniqueConstraint(
                        condition=models.Q(("window__isnull", False)),
                        fields=("name_key", "network", "window"),
                        name="event_refused_once",
                    ),
                ],
            },
        ),
    ]
