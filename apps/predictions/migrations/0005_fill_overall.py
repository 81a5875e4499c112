"""Write what is said of whole recordings beside what was said of their windows: the mean."""

import io

import numpy as np
from django.db import migrations


def fill(apps, schema_editor):
    sets = apps.get_model("predictions", "PredictionSet").objects
    for row in sets.filter(overall=b"").iterator(500):
        windows = np.load(io.BytesIO(row.array), allow_pickle=False).astype(np.float32)
        file = io.BytesIO()
        np.save(file, windows.mean(axis=0).astype(np.float16), allow_pickle=False)
        row.overall = file.getvalue()
        row.save(update_fields=["overall"])


def empty(apps, schema_editor):
    apps.get_model("predictions", "PredictionSet").objects.update(overall=b"")


class Migration(migrations.Migration):
    dependencies = [("predictions", "0004_add_trials_and_heads")]
    operations = [migrations.RunPython(fill, empty)]
