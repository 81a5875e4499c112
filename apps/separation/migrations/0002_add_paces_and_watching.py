import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("separation", "0001_add_stem_sets"),
        ("jobs", "0002_add_forecasts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Pace",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("engine", models.CharField(max_length=40)),
                ("engine_version", models.CharField(max_length=40)),
                ("dtype", models.CharField(max_length=20)),
                ("computed", models.CharField(max_length=20)),
                ("threads", models.PositiveSmallIntegerField()),
                ("host", models.CharField(max_length=200)),
                ("seconds", models.FloatField()),
                ("setup", models.FloatField()),
                ("speed", models.FloatField()),
                ("made_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["-made_at", "-id"],
                "indexes": [
                    models.Index(
                        fields=["engine", "engine_version", "dtype", "-made_at"],
                        name="pace_newest",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="stemset",
            name="residual_db",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="stem",
            name="share",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="stem",
            name="silence",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="separation",
            name="format",
            field=models.CharField(default="flac", max_length=20),
        ),
        migrations.AddField(
            model_name="separation",
            name="bitrate",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="separation",
            name="asked_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
    ]
