"""The queue's door to beats and remixes."""

from celery import shared_task

from apps.files.models import Track
from apps.remixes.models import BeatGrid


@shared_task
def forget_unused() -> None:
    """Forget the beats of recordings that nobody has any more."""
    BeatGrid.objects.exclude(sha256__in=Track.objects.values("sha256")).delete()
