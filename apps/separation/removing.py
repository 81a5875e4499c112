"""Throwing away one stem of a separation, whose stems others may have as well."""

import uuid

from django.db import transaction

from apps.separation import services
from apps.separation.models import Separation, Stem, StemSet


@transaction.atomic
def remove_stem(separation: Separation, stem: Stem) -> None:
    """Take a stem out of a person's view; with the last one the separation goes.

    Its bytes go once nobody has it. What is left is then no longer what its key says, so that
    whoever wishes for all of them gets them made.
    """
    stem_set = StemSet.objects.select_for_update().get(pk=separation.stem_set_id)
    separation.removed.get_or_create(name=stem.name)
    if not Separation.objects.get(pk=separation.pk).stems:
        services.delete_separation(separation)
    elif not stem_set.separations.exclude(removed__name=stem.name).exists():
        stem.delete()
        stem_set.key = uuid.uuid4().hex
        stem_set.save(update_fields=["key"])
