"""The queue's door to the stems."""

from celery import shared_task

from apps.separation import callback_sending, callbacks
from apps.separation.models import Callback, StemSet


@shared_task
def forget_unused() -> None:
    """Forget stems that nobody wishes for any more; a sweep of blobs takes their bytes."""
    StemSet.objects.unwanted().delete()
    Callback.objects.forgotten().delete()


@shared_task
def repair() -> None:
    """Have stems made whose job went away with the person who had asked first."""
    for stem_set in StemSet.objects.orphaned():
        separation = stem_set.separations.select_related("track", "owner").first()
        if separation:
            stem_set.queue_for(separation)


@shared_task
def deliver() -> None:
    """Tell some receivers what they are to be told now; look again while there is more."""
    if callback_sending.deliver():
        deliver.delay()


@shared_task
def tell() -> None:
    """Find ends that nobody was told of, and messages whose time for another try has come."""
    callbacks.settle_all()
    deliver()
