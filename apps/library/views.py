"""The library, and everything about one song."""

from collections.abc import Sequence
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from apps.files.models import Track
from apps.jobs.models import Job
from apps.library import listing, services
from apps.library.forms import BulkForm, SongForm
from apps.remixes.forms import uuids
from apps.remixes.models import Remix
from apps.separation.services import request_separation

PAGE_SIZE = 50
MIXER_SECONDS = 15 * 60  # longer ones do not fit in a browser's memory, decoded
NOTHING_CHOSEN = "Choose at least one song first."


def _track_of(request: HttpRequest, pk: UUID) -> Track:
    own = Track.objects.owned_by(request.user).select_related("job", "blob")
    return get_object_or_404(own, pk=pk)


def songs(request: HttpRequest) -> HttpResponse:
    """Newest first, or what a search finds."""
    words = request.GET.get("q", "").strip()
    own = Track.objects.owned_by(request.user).select_related("job", "blob")
    page = Paginator(own.search(words), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "songs": listing.songs(list(page)),
        "page": page,
        "words": words,
        "composing": Job.objects.owned_by(request.user).active().filter(kind="compose").exists(),
    }
    return render(request, "library/songs.html", context)


def row(request: HttpRequest, pk: UUID) -> HttpResponse:
    song = listing.song(_track_of(request, pk))
    return render(request, "library/_row.html", {"song": song})


def rows(request: HttpRequest) -> HttpResponse:
    """Fresh rows of the songs asked for, which replace those on the page; gone ones leave it."""
    asked = uuids(request.GET.getlist("id")[:PAGE_SIZE])
    tracks = list(Track.objects.owned_by(request.user).filter(pk__in=asked).select_related("job"))
    gone = asked - {track.pk for track in tracks}
    context = {"songs": listing.songs(tracks), "gone": gone}
    return render(request, "library/_rows.html", context)


@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """Unmix, remix or delete the chosen songs."""
    form = BulkForm(request.POST, owner=request.user)
    if not form.is_valid():
        messages.error(request, NOTHING_CHOSEN)
        return redirect("library:songs")
    tracks = list(form.cleaned_data["ids"])
    return BULK[form.cleaned_data["action"]](request, tracks)


def _bulk_unmix(request: HttpRequest, tracks: Sequence[Track]) -> HttpResponse:
    wishes = [
        request_separation(track=track, engine="hpss", owner=request.user)
        for track in tracks
        if track.is_ready
    ]
    waiting = sum(wish.state in Job.ACTIVE for wish in wishes)
    news = f"{_count(waiting)} to unmix." if waiting else "Nothing to do: they are unmixed."
    messages.success(request, news)
    return redirect("library:songs")


def _bulk_remix(request: HttpRequest, tracks: Sequence[Track]) -> HttpResponse:
    chosen = urlencode([("song", track.pk) for track in tracks])
    return redirect(f"{reverse('remixes:new')}?{chosen}")


def _bulk_delete(request: HttpRequest, tracks: Sequence[Track]) -> HttpResponse:
    services.delete_tracks(tracks)
    messages.success(request, f"{_count(len(tracks))} deleted.")
    return redirect("library:songs")


BULK = {"unmix": _bulk_unmix, "remix": _bulk_remix, "delete": _bulk_delete}


def _count(number: int) -> str:
    return "1 song" if number == 1 else f"{number} songs"


@require_POST
def demo(request: HttpRequest) -> HttpResponse:
    """Compose the demo songs and put them into the library."""
    services.add_demo(owner=request.user)
    messages.success(request, "The demo songs are on their way.")
    return redirect("library:songs")


def song(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _song_page(request, _track_of(request, pk))


def _song_page(request: HttpRequest, track: Track, form: SongForm | None = None) -> HttpResponse:
    found = listing.song(track)
    context = {
        "song": found,
        "track": track,
        "edit_form": form or SongForm(instance=track),
        "sets": listing.provenance(found.known["reference"]),
        "remixes": Remix.objects.owned_by(request.user).filter(tracks=track),
        **_stems_context(track),
    }
    return render(request, "library/song.html", context)


def _stems_context(track: Track) -> dict:
    separation = listing.latest_separation(track)
    return {
        "track": track,
        "separation": separation,
        "job": separation.own_job if separation else None,
        "expected": None if separation else listing.expected_seconds(track),
        "mixable": track.seconds <= MIXER_SECONDS,
    }


def facts(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The head of a song's page; brings the rest along once the song has been read."""
    track = _track_of(request, pk)
    just_read = request.GET.get("was") == "probing" and track.state != Track.State.PROBING
    context = {"song": listing.song(track), "track": track, "just_read": just_read}
    return render(request, "library/_facts.html", context | _stems_context(track))


def stems(request: HttpRequest, pk: UUID) -> HttpResponse:
    return render(request, "library/_stems.html", _stems_context(_track_of(request, pk)))


@require_POST
def unmix(request: HttpRequest, pk: UUID) -> HttpResponse:
    track = _track_of(request, pk)
    try:
        request_separation(track=track, engine="hpss", owner=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("library:song", pk)
    if "HX-Request" in request.headers and "HX-Boosted" not in request.headers:
        response = stems(request, pk)
        response["HX-Trigger"] = "jobs"
        return response
    return redirect("library:song", pk)


@require_POST
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    track = _track_of(request, pk)
    form = SongForm(request.POST, instance=track)
    if not form.is_valid():
        return _song_page(request, _track_of(request, pk), form)
    form.save()
    return redirect("library:song", pk)


@require_POST
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    track = _track_of(request, pk)
    services.delete_tracks([track])
    messages.success(request, f"“{track.title}” is deleted.")
    return redirect("library:songs")
