"""The page of drift, for staff."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from apps.accounts.models import User
from apps.predictions import drift
from apps.predictions.models import DriftLog

SHOWN = 20  # alarms that are over
View = Callable[..., HttpResponse]


def staff_only(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if getattr(request.user, "role", "") not in {User.Role.ADMIN, User.Role.STAFF}:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@staff_only
def page(request: HttpRequest) -> HttpResponse:
    """How it stands, what was noticed, and how far the detector can be trusted."""
    rows = drift.alarms()
    alarms = list(rows.open())
    over = list(rows.exclude(state__in=DriftLog.OPEN)[:SHOWN])
    context = {
        "streams": drift.known(),
        "alarms": _with_songs(alarms),
        "over": _with_songs(over),
        "units": drift.unit_words(),
    }
    return render(request, "predictions/drift.html", context)


def _with_songs(alarms: list[DriftLog]) -> list[dict[str, Any]]:
    found = drift.songs(alarms)
    return [
        {
            "alarm": alarm,
            "songs": [found[UUID(song)] for song in alarm.songs if UUID(song) in found],
            "gone": sum(UUID(song) not in found for song in alarm.songs),
        }
        for alarm in alarms
    ]


@require_POST
@staff_only
def act(request: HttpRequest, alarm: UUID, action: str) -> HttpResponse:
    if action not in drift.ACTIONS:
        raise Http404
    row = get_object_or_404(drift.alarms(), pk=alarm)
    try:
        drift.act(row, action, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, SAID[action])
    return redirect("drift:page")


SAID = {
    "acknowledge": "You know of it; it stays open.",
    "exclude": "What arrived then no longer counts.",
    "resolve": "This is the new normal: what arrives from now on is compared with it.",
    "reopen": "The alarm is open again.",
}


@require_POST
@staff_only
def measure(request: HttpRequest) -> HttpResponse:
    """Have the detector tested on this library."""
    drift.request_measurement(request.user)
    return redirect("drift:page")
