from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ScheduledRun",
            fields=[
                (
                    "command",
                    models.CharField(
                        help_text="With its arguments.", max_length=200, primary_key=True, serialize=False
                    ),
                ),
                ("started_at", models.DateTimeField()),
            ],
            options={
                "default_permissions": (),
            },
        ),
    ]
