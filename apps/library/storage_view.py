"""The page about space."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.library import usage


@dataclass(frozen=True)
class Part:
    """A piece of a bar that is 100 long."""

    kind: str
    title: str
    size: int
    start: float
    length: float


def storage(request: HttpRequest) -> HttpResponse:
    """Who and what takes the space: you; for admins, everybody."""
    known = usage.visible_to(request.user)
    people = known["people"] or [known["you"]]
    longest = max(use.total for use in people)
    context = known | {
        "everything": list(_parts(known["kinds"], sum(known["kinds"].values()))),
        "bars": [(use, list(_parts(use.kinds, longest))) for use in people],
        "taken": known["disk"]["total"] - known["disk"]["free"],
        "minutes_used": known["you"].quota.seconds_used / 60,
    }
    return render(request, "library/storage.html", context)


def _parts(kinds: dict[str, int], whole: int) -> Iterator[Part]:
    start = 0.0
    for kind, title in usage.TITLES.items():
        if size := kinds.get(kind, 0):
            length = 100 * size / whole
            yield Part(kind, title, size, round(start, 3), round(length, 3))
            start += length
