"""What every page shows of long work."""

from django.http import HttpRequest

from apps.jobs.models import Job

SHOWN = 10  # in the drawer; the page has them all


def active_jobs(request: HttpRequest) -> dict:
    """The jobs pill: the person's own running and waiting jobs."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    wanted = Job.objects.owned_by(user).active().filter(priority__gte=0)  # nobody waits for others
    active = wanted.order_by("-state", "created_at")
    shown = Job.with_places(active[:SHOWN])
    more = active.count() - SHOWN if len(shown) == SHOWN else 0
    return {"active_jobs": shown, "more_jobs": more}
