"""The queue's door to the predictions."""

from celery import shared_task
from django.utils.module_loading import import_string

from apps.predictions import refresh, trials
from apps.predictions.models import PredictionSet
from apps.predictions.serving import todays_models


@shared_task
def refresh_predictions() -> None:
    """Bring references up to date with today's models, and make those that never came about."""
    refresh.refresh()


@shared_task
def forget_unused() -> None:
    """Forget what was said of recordings that nobody has any more, and what is told no longer."""
    PredictionSet.objects.unused().delete()
    refresh.forget()


@shared_task
def register_models() -> None:
    """Write down which models are in use, and what of them is missing on this machine."""
    todays_models()


@shared_task
def forget_trials() -> None:
    """Forget what was said of clips that nobody kept."""
    trials.forget()


@shared_task
def check_drift() -> None:
    """Look whether what arrives has changed, and tell again those who could not be told."""
    # By name: what the web loads knows no scipy.
    import_string("apps.predictions.drift_check.look_at_all")()
    import_string("apps.predictions.drift_notices.try_again")()


@shared_task
def measure_false_alarms() -> None:
    """Test the detector of drift on what has arrived here."""
    import_string("apps.predictions.drift_check.measure")()
