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
            name="ActivityEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("created", "created"), ("changed", "changed"), ("deleted", "deleted")], max_length=7
                    ),
                ),
                ("model", models.CharField(help_text="Such as pages.page.", max_length=201)),
                (
                    "object_key",
                    models.CharField(
                        blank=True, help_text="Empty where many rows were written at once.", max_length=255
                    ),
                ),
                ("label", models.CharField(blank=True, max_length=200)),
                ("changes", models.JSONField(default=dict)),
                (
                    "actor",
                    models.CharField(
                        blank=True, help_text="A user's name, or a command; empty for nobody.", max_length=150
                    ),
                ),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("time", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "activity entries",
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(fields=["model", "object_key", "id"], name="activity_by_object"),
                    models.Index(fields=["model", "id"], name="activity_by_model"),
                    models.Index(fields=["object_key", "id"], name="activity_by_key"),
                    models.Index(fields=["user", "id"], name="activity_by_user"),
                    models.Index(fields=["kind", "id"], name="activity_by_kind"),
                    models.Index(fields=["request_id", "id"], name="activity_by_request"),
                    models.Index(fields=["time"], name="activity_by_time"),
                ],
            },
        ),
    ]
