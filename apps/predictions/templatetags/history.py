"""The history of a song's predictions on a page."""

from typing import Any

from django import template
from django.template.context import Context

from apps.files.models import Track
from apps.predictions.history import generations

register = template.Library()


@register.inclusion_tag("predictions/_history.html", takes_context=True)
def history(context: Context, track: Track) -> dict[str, Any]:
    """Its generations, newest first, with what changed and the way back."""
    return {"track": track, "generations": generations(track), "csrf_token": context["csrf_token"]}
