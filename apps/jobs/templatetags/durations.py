"""How pages say lengths of time."""

from datetime import datetime

from django import template
from django.utils.timezone import now

register = template.Library()

MINUTE = 60
HOUR = 3600
DAY = 24 * HOUR


@register.filter
def clock(seconds: float | None) -> str:
    """As on a player: 0:07, 3:40, 1:02:03."""
    whole = int(seconds or 0)
    hours, minutes = divmod(whole // MINUTE, 60)
    if hours:
        return f"{hours}:{minutes:02}:{whole % MINUTE:02}"
    return f"{minutes}:{whole % MINUTE:02}"


@register.filter
def duration(seconds: float | None) -> str:
    """A rough length: "20 s", "3 min", "1 h 10 min"; "" when it is not known."""
    if seconds is None:
        return ""
    if seconds < 55:
        return f"{max(5, round(seconds / 5) * 5)} s"
    minutes = max(1, round(seconds / MINUTE))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


@register.filter
def ago(moment: datetime | None) -> str:
    """How long ago something was: "just now", "5 min ago", "3 Mar 2026"."""
    if moment is None:
        return ""
    seconds = (now() - moment).total_seconds()
    if seconds < MINUTE:
        return "just now"
    if seconds < DAY:
        return f"{duration(seconds)} ago"
    return f"{moment.day} {moment:%b %Y}"


@register.filter
def percent(fraction: float | None) -> str:
    """0.824 -> "82 %"."""
    return f"{round((fraction or 0.0) * 100)} %"


@register.filter
def kilohertz(sample_rate: int) -> str:
    """44100 -> "44.1 kHz"."""
    return f"{sample_rate / 1000:g} kHz"
