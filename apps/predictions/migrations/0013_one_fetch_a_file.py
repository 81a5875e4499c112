"""One row for each file of weights that is fetched; what rolling back goes by is elsewhere."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0001_add_jobs"),
        ("predictions", "0012_fill_head_switches"),
    ]

    operations = [
        migrations.RemoveField(model_name="trainedhead", name="served_until"),
        migrations.AlterField(
            model_name="weightsfetch",
            name="name",
            field=models.CharField(max_length=80, unique=True),
        ),
        migrations.AlterField(
            model_name="weightsfetch",
            name="job",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="weights_fetch",
                to="jobs.job",
            ),
        ),
    ]
