"""Write down which heads were in service, and keep the newest fetch of each file of weights."""

from django.db import migrations


def fill(apps, schema_editor):
    heads = apps.get_model("predictions", "TrainedHead").objects
    switches = apps.get_model("predictions", "HeadSwitch").objects
    for head in heads.filter(served_until__isnull=False).order_by("served_until"):
        switches.create(head=head, kind=head.kind)
    for head in heads.filter(in_service_since__isnull=False):
        switches.create(head=head, kind=head.kind)
    _forget_older_fetches(apps.get_model("predictions", "WeightsFetch").objects)


def _forget_older_fetches(fetches):
    seen = set()
    for fetch in fetches.order_by("-id"):
        if fetch.name in seen:
            fetch.delete()
        seen.add(fetch.name)


def empty(apps, schema_editor):
    apps.get_model("predictions", "HeadSwitch").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("predictions", "0011_add_head_switches")]
    operations = [migrations.RunPython(fill, empty)]
