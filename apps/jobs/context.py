"""What every page shows of long work."""

from django.http import HttpRequest

from apps.jobs.models import Job


def active_jobs(request: HttpRequest) -> dict:
    """The jobs pill: the person's own running and waiting jobs."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"active_jobs": Job.objects.owned_by(user).active().order_by("created_at")}
