"""Remixes: ask for one, watch it being made, hear where each part comes from."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from apps.files.models import Track, TrackQuerySet
from apps.remixes import services, timeline
from apps.remixes.forms import RemixForm, uuids
from apps.remixes.models import Remix

PAGE_SIZE = 50
OFFERED = 200  # songs to choose from on the page; more are found from the library


def _remix_of(request: HttpRequest, pk: UUID) -> Remix:
    own = Remix.objects.owned_by(request.user).select_related("job", "blob", "waveform")
    return get_object_or_404(own, pk=pk)


def remixes(request: HttpRequest) -> HttpResponse:
    own = Remix.objects.owned_by(request.user).select_related("job").prefetch_related("tracks")
    page = Paginator(own, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "remixes/list.html", {"page": page})


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose songs and say how to mix them."""
    form = RemixForm(request.POST if request.method == "POST" else None, owner=request.user)
    if request.method == "POST" and form.is_valid() and (remix := _made(request, form)):
        return redirect("remixes:remix", remix.pk)
    source = request.POST if request.method == "POST" else request.GET
    chosen = uuids(source.getlist("song"))
    offered = Track.objects.owned_by(request.user).ready()
    songs = [(track, track.pk in chosen) for track in _chosen_first(offered, chosen)]
    return render(request, "remixes/new.html", {"form": form, "songs": songs})


def _made(request: HttpRequest, form: RemixForm) -> Remix | None:
    """The remix asked for, or None with the reason on the form."""
    wish = dict(form.cleaned_data)
    tracks = list(wish.pop("song"))
    try:
        return services.request_remix(owner=request.user, tracks=tracks, **wish)
    except ValidationError as error:
        form.add_error(None, error.messages)
        return None


def _chosen_first(offered: TrackQuerySet, chosen: set[UUID]) -> list[Track]:
    """Those ticked already stand on top, however old they are."""
    first = list(offered.filter(pk__in=chosen))
    return first + list(offered.exclude(pk__in=chosen)[:OFFERED])


def remix(request: HttpRequest, pk: UUID) -> HttpResponse:
    return render(request, "remixes/remix.html", _context(_remix_of(request, pk)))


def state(request: HttpRequest, pk: UUID) -> HttpResponse:
    return render(request, "remixes/_state.html", _context(_remix_of(request, pk)))


def _context(remix: Remix) -> dict[str, Any]:
    """Where each part comes from, once it is rendered."""
    context: dict[str, Any] = {"remix": remix, "job": remix.job, "tracks": remix.tracks.all()}
    if remix.is_rendered and remix.recipe:
        context["segments"] = timeline.segments(remix)
        context["sources"] = timeline.sources(remix).values()
    return context


@require_POST
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    remix = _remix_of(request, pk)
    services.delete_remix(remix)
    messages.success(request, f"“{remix.title}” is deleted.")
    return redirect("remixes:list")
