"""The queue's door to the stems."""

from celery import shared_task

from apps.separation.models import StemSet


@shared_task
def forget_unused() -> None:
    """Forget stems that nobody wishes for any more; a sweep of blobs takes their bytes."""
    StemSet.objects.unwanted().delete()
