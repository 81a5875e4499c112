"""What the jobs pill says in a few words."""

from collections.abc import Iterable

from django import template

from apps.jobs.models import Job
from apps.jobs.templatetags.durations import duration

register = template.Library()


@register.filter
def pill_text(jobs: Iterable[Job] | None) -> str:
    """ "2 running · 3 min left", "1 waiting", or "" when nothing is to be done."""
    found = list(jobs or [])
    running = [job for job in found if job.state == Job.State.RUNNING]
    parts = [f"{len(running)} running"] if running else []
    if waiting := len(found) - len(running):
        parts.append(f"{waiting} waiting")
    if left := [job.seconds_left for job in running if job.seconds_left is not None]:
        parts.append(f"{duration(max(left))} left")
    return " · ".join(parts)
