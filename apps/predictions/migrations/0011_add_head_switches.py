"""A history of which head was put into service, and labels beside what was said with others."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("predictions", "0010_add_drift")]

    operations = [
        migrations.AddField(
            model_name="predictionset",
            name="labels",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="reference",
            name="unsaid",
            field=models.JSONField(default=dict),
        ),
        migrations.CreateModel(
            name="HeadSwitch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(default="genre", editable=False, max_length=20)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                (
                    "head",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="switches",
                        to="predictions.trainedhead",
                    ),
                ),
            ],
            options={"ordering": ["-id"], "verbose_name_plural": "head switches"},
        ),
    ]
