"""The queue's door to the predictions."""

from celery import shared_task

from apps.files.models import Track
from apps.predictions import trials
from apps.predictions.models import PredictionSet, Reference
from apps.predictions.serving import todays_models


@shared_task
def repair() -> None:
    """Ask for the predictions of tracks that never got any."""
    for track in Track.objects.ready().filter(references=None)[:100]:
        Reference.request(track, cause=Reference.Cause.UPLOAD)


@shared_task
def forget_unused() -> None:
    """Forget what was said of recordings that nobody has any more."""
    PredictionSet.objects.exclude(sha256__in=Track.objects.values("sha256")).delete()


@shared_task
def register_models() -> None:
    """Write down which models are in use, and what of them is missing on this machine."""
    todays_models()


@shared_task
def forget_trials() -> None:
    """Forget what was said of clips that nobody kept."""
    trials.forget()
