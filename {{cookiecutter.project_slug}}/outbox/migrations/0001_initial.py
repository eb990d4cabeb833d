import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("signal", models.CharField(help_text="Such as shop.signals.order_paid.", max_length=200)),
                (
                    "sender",
                    models.CharField(blank=True, help_text="Such as pages.Page; empty for nobody.", max_length=200),
                ),
                ("arguments", models.TextField()),
                ("receivers", models.JSONField(help_text="Those that are still to be called, by their dispatch_uid.")),
                (
                    "order_key",
                    models.CharField(blank=True, help_text="Empty where the order does not matter.", max_length=200),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "due_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), help_text="Not before this."
                    ),
                ),
                ("claim", models.UUIDField(help_text="Who has taken it on.", null=True)),
                ("tries", models.PositiveIntegerField(default=0, help_text="How many have failed.")),
                ("errors", models.JSONField(default=dict, help_text="The last one of each receiver that has failed.")),
                ("parked_at", models.DateTimeField(null=True)),
                ("delivered_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "sent signal",
                "permissions": [("send_again", "Can send a signal again")],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("delivered_at", None), ("parked_at", None)),
                        fields=["due_at", "id"],
                        name="outbox_due",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("delivered_at", None), ("parked_at", None), models.Q(("order_key", ""), _negated=True)
                        ),
                        fields=["order_key", "id"],
                        name="outbox_ordered",
                    ),
                    models.Index(
                        condition=models.Q(("delivered_at", None), ("parked_at", None)),
                        fields=["id"],
                        name="outbox_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("delivered_at", None), ("parked_at", None), ("claim__isnull", False)),
                        fields=["id"],
                        name="outbox_claimed",
                    ),
                    models.Index(
                        condition=models.Q(("delivered_at", None), ("tries__gt", 0)),
                        fields=["id"],
                        name="outbox_failed",
                    ),
                    models.Index(
                        condition=models.Q(("delivered_at__isnull", False)),
                        fields=["delivered_at"],
                        name="outbox_delivered",
                    ),
                    models.Index(fields=["signal", "id"], name="outbox_by_signal"),
                ],
            },
        ),
    ]
