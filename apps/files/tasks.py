"""The queue's door to the files."""

from datetime import timedelta

from celery import shared_task
from django.utils.timezone import now

from apps.files import blobs
from apps.files.models import Blob

KEPT = timedelta(hours=1)  # work in progress stores blobs before the rows that use them


@shared_task
def remove_unused_blobs() -> None:
    """Remove what nothing refers to any more."""
    for blob in Blob.objects.unused().filter(created_at__lt=now() - KEPT):
        blobs.remove_unused(blob)
    blobs.remove_dead_scratch()
