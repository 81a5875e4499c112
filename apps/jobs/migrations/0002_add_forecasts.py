import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0001_add_jobs"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="job", name="job_next"),
        migrations.AddField(
            model_name="job",
            name="expected_seconds",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="job",
            name="due_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            model_name="job",
            name="paced_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="job",
            name="paced_from",
            field=models.FloatField(default=0.0),
        ),
        migrations.AddField(
            model_name="job",
            name="lost_at",
            field=models.FloatField(null=True),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["queue", "state", "-priority", "due_at"], name="job_next"),
        ),
    ]
