"""The control set on a page."""

from django import template

from apps.predictions.plots import ControlPlot, control_plot

register = template.Library()


@register.inclusion_tag("predictions/_control.html")
def control_set() -> dict[str, ControlPlot]:
    """How well the models tell the songs whose genre is known, version by version."""
    return {"plot": control_plot()}
