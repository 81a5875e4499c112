"""What a worker does to fetch pretrained weights."""

from apps.jobs.models import Cancelled, Job
from apps.predictions.models import WeightsFetch
from apps.predictions.serving import todays_models
from audio import weights


def fetch(job: Job) -> None:
    """Fetch one file, verified; then write down which models can be asked now."""
    wish = WeightsFetch.objects.filter(job=job).first()
    if wish is None:
        raise Cancelled
    weights.fetch(wish.name, job.report)
    todays_models()
