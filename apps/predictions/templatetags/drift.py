"""Drift on a page and in the admin."""

from typing import Any

from django import template

from apps.predictions import drift
from apps.predictions.drift_plots import plots
from apps.predictions.models import DriftLog

register = template.Library()
register.filter("cause_title", drift.title)


@register.inclusion_tag("predictions/_drift_plots.html")
def drift_plots(stream: str) -> dict[str, Any]:
    """The looks at a stream over time."""
    looks = drift.looks(stream)
    return {"plots": plots(looks, drift.unit_words()), "looks": looks[::-1]}


@register.filter
def deviations(difference: float) -> str:
    """-1.26 -> "−1.3 SD"."""
    return f"{difference:+.1f} SD".replace("-", "−")


@register.filter
def label_changes(alarm: DriftLog) -> list[tuple[str, float]]:
    """Labels whose share has changed, those that changed most first."""
    changes = [pair for labels in alarm.labels.values() for pair in labels.items()]
    return sorted(changes, key=lambda pair: -abs(pair[1]))[:6]


@register.filter
def small(p: float) -> str:
    """A p as people write it."""
    return f"{p:.2g}"
