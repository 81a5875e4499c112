"""Write what is said in short beside the references that are current already."""

from django.db import migrations


def fill(apps, schema_editor):
    current = apps.get_model("predictions", "CurrentReference")
    for row in current.objects.prefetch_related("reference__sets__model").iterator(500):
        said = {made.model.name: made for made in row.reference.sets.all()}
        genre, tempo, key = (said.get(name) for name in ("genre-forest", "tempo", "key"))
        row.genre = genre.label if genre else ""
        row.genre_confidence = genre.confidence if genre else 0.0
        row.tempo = (tempo and tempo.value) or 0.0
        row.key = key.label if key else ""
        row.save()


class Migration(migrations.Migration):
    dependencies = [("predictions", "0002_add_summary_to_current_reference")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
