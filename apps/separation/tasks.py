"""The queue's door to the stems."""

from celery import shared_task

from apps.separation.models import StemSet


@shared_task
def forget_unused() -> None:
    """Forget stems that nobody wishes for any more; a sweep of blobs takes their bytes."""
    StemSet.objects.unwanted().delete()


@shared_task
def repair() -> None:
    """Have stems made whose job went away with the person who had asked first."""
    for stem_set in StemSet.objects.orphaned():
        separation = stem_set.separations.select_related("track", "owner").first()
        if separation:
            stem_set.queue_for(separation)
