"""The queue's door to the files."""

from datetime import timedelta

from celery import shared_task
from django.utils.timezone import now

from apps.files import blobs, incoming, partial
from apps.files.models import Blob, Track

FORSAKEN = "Reading it broke off on our side. Add the file again."
KEPT = timedelta(hours=1)  # work in progress stores blobs before the rows that use them


@shared_task
def repair() -> None:
    """Tell the owners of recordings that nobody is going to read."""
    Track.objects.forsaken().update(state=Track.State.UNREADABLE, problem=FORSAKEN)


@shared_task
def remove_unused_blobs() -> None:
    """Remove what nothing refers to any more."""
    for blob in Blob.objects.unused().filter(created_at__lt=now() - KEPT):
        blobs.remove_unused(blob)
    blobs.remove_dead_scratch()


@shared_task
def notice_incoming() -> None:
    """Have objects that others put into the bucket collected, if nobody told us of them."""
    incoming.sweep()


@shared_task
def remove_expired_uploads() -> None:
    """Remove what broke off and was not taken up again."""
    partial.remove_expired()
