"""The queue's door to whole songs."""

from celery import shared_task

from apps.library import burial


@shared_task
def bury() -> None:
    """Erase what was deleted more than a minute ago."""
    burial.bury()
