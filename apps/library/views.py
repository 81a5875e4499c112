"""The library, and everything about one song."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from apps.files.imports import request_import
from apps.files.models import Track
from apps.files.outgoing import OutgoingRefused
from apps.jobs.models import Job
from apps.library import browsing, bulk, lineage, listing, services
from apps.library.forms import BulkForm, ImportForm, SongForm, TagsForm, UndoForm
from apps.library.keyset import BadCursor
from apps.predictions import lanes as prediction_lanes
from apps.predictions import reading
from apps.remixes.forms import uuids
from apps.remixes.models import Remix
from apps.separation import tiers
from apps.separation.forms import UnmixForm
from apps.separation.services import request_separation
from audio.formats import FORMATS as MIX_FORMATS

MOST_ROWS = 200  # renewed in one request
NOTHING_CHOSEN = "Choose at least one song first."
FORMATS = ["mp3", "opus", "flac", "wav"]  # what a song can be downloaded as


def _track_of(request: HttpRequest, pk: UUID) -> Track:
    own = Track.objects.owned_by(request.user).select_related("job", "blob")
    return get_object_or_404(own, pk=pk)


def _from_inside(request: HttpRequest) -> bool:
    """Was this asked by a part of a page, rather than by a link, a form or the browser?"""
    return "HX-Request" in request.headers and "HX-Boosted" not in request.headers


# -- the library ---------------------------------------------------------------------------------


def songs(request: HttpRequest) -> HttpResponse:
    """What is looked for, a page at a time; a part of the page gets only what has changed."""
    try:
        shelf = browsing.shelf(request.user, request.GET)
    except BadCursor:
        return redirect("library:songs")
    if _from_inside(request) and request.headers.get("HX-Target") == "results":
        context = {"shelf": shelf, "orders": browsing.ORDERS, "oob": True}
        response = render(request, "library/_results.html", context)
        response["HX-Replace-Url"] = _address(shelf.query.urlencode())
        return response
    composing = Job.objects.owned_by(request.user).active().filter(kind="compose")
    context = {"shelf": shelf, "words": shelf.words, "composing": composing.exists()}
    context |= browsing.choices(request.user, shelf.query)
    return render(request, "library/songs.html", context)


def _address(query: str) -> str:
    return reverse("library:songs") + (f"?{query}" if query else "")


def more(request: HttpRequest) -> HttpResponse:
    """The rows that follow those on the page."""
    try:
        shelf = browsing.shelf(request.user, request.GET)
    except BadCursor:
        return HttpResponse()
    return render(request, "library/_page.html", {"shelf": shelf})


def row(request: HttpRequest, pk: UUID) -> HttpResponse:
    song = listing.song(_track_of(request, pk))
    return render(request, "library/_row.html", {"song": song})


def rows(request: HttpRequest) -> HttpResponse:
    """Fresh rows of the songs asked for, which replace those on the page; gone ones leave it."""
    asked = uuids(request.GET.getlist("id")[:MOST_ROWS])
    tracks = list(Track.objects.owned_by(request.user).filter(pk__in=asked).select_related("job"))
    gone = asked - {track.pk for track in tracks}
    context = {"songs": listing.songs(tracks), "gone": gone}
    return render(request, "library/_rows.html", context)


@require_POST
def do_with_many(request: HttpRequest) -> HttpResponse:
    """Unmix, remix or delete the chosen songs, or all that were found."""
    form = BulkForm(request.POST)
    chosen = form.songs(request.user) if form.is_valid() else Track.objects.none()
    if not chosen.exists():
        return _said(request, bulk.Outcome(NOTHING_CHOSEN, worked=False))
    act = bulk.ACTIONS[form.cleaned_data["action"]]
    outcome = act(request.user, chosen)
    return _said(request, outcome, form.cleaned_data["match"], anew=form.cleaned_data["all"])


def _said(
    request: HttpRequest, outcome: bulk.Outcome, query: str = "", *, anew: bool = False
) -> HttpResponse:
    """The outcome as words on the page it was asked from; that page stays as it is."""
    if outcome.page:
        return redirect(outcome.page)
    level = messages.SUCCESS if outcome.worked else messages.ERROR
    messages.add_message(request, level, outcome.text, extra_tags=outcome.undo)
    if not _from_inside(request):
        return redirect(_address(browsing.tidy_text(query)))
    response = _begun_anew(request, query) if anew and outcome.gone else _without(request, outcome)
    response["HX-Trigger"] = "jobs"
    return response


def _without(request: HttpRequest, outcome: bulk.Outcome) -> HttpResponse:
    """Rows leave the page one by one; it stays where it is."""
    return render(request, "library/_done.html", {"gone": outcome.gone})


def _begun_anew(request: HttpRequest, query: str) -> HttpResponse:
    """The list once more, from the top."""
    context = {"shelf": browsing.shelf(request.user, QueryDict(query)), "orders": browsing.ORDERS}
    response = render(request, "library/_done.html", context)
    response["HX-Retarget"], response["HX-Reswap"] = "#results", "outerHTML"
    return response


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Bring back what was deleted a moment ago."""
    form = UndoForm(request.POST)
    back = bulk.restore(request.user, form.cleaned_data["span"]) if form.is_valid() else 0
    if back:
        messages.success(request, f"{bulk.count(back)} back in your library.")
    else:
        messages.error(request, "It is too late: they are gone.")
    page = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()})
    return redirect(page if safe else "library:songs")


@require_POST
def demo(request: HttpRequest) -> HttpResponse:
    """Compose the demo songs and put them into the library."""
    services.add_demo(owner=request.user)
    messages.success(request, "The demo songs are on their way.")
    return redirect("library:songs")


@require_POST
def fetch(request: HttpRequest) -> HttpResponse:
    """Have a song fetched from an address."""
    form = ImportForm(request.POST)
    try:
        if form.is_valid():
            request_import(owner=request.user, url=form.cleaned_data["url"])
            messages.success(request, "It is being fetched. It shows up here once it is read.")
        else:
            messages.error(request, " ".join(map(str, form.errors["url"])))
    except OutgoingRefused as error:
        messages.error(request, str(error))
    return redirect("library:songs")


# -- one song ------------------------------------------------------------------------------------


def song(request: HttpRequest, pk: UUID) -> HttpResponse:
    track = _track_of(request, pk)
    track.count_view()
    return _song_page(request, track)


def _song_page(request: HttpRequest, track: Track, form: SongForm | None = None) -> HttpResponse:
    found = listing.song(track)
    context = {
        "edit_form": form or SongForm(instance=track),
        "derived": lineage.derived(track, found.known["reference"]),
        "remixes": Remix.objects.owned_by(request.user).filter(tracks=track),
        **_head_context(track),
        **_stems_context(track),
        **_lanes_context(track),
        "song": found,
    }
    return render(request, "library/song.html", context)


def _head_context(track: Track) -> dict:
    return {"track": track, "song": listing.song(track), "formats": FORMATS}


def _stems_context(track: Track) -> dict:
    separation = listing.latest_separation(track)
    busy = separation is not None and separation.state in Job.ACTIVE
    return {
        "track": track,
        "separation": separation,
        "job": separation.own_job if separation else None,
        "offers": [] if busy else tiers.offers(track),
        "stem_names": tiers.stem_names(),
        "mix_formats": MIX_FORMATS,
    }


def _lanes_context(track: Track) -> dict:
    reference = reading.current_reference(track)
    said = reading.predictions(reference, track.seconds or 0.0)
    return {
        "lanes": prediction_lanes.lanes(said),
        "missing": prediction_lanes.titled(reading.unsaid(reference)),
    }


def facts(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The head of a song's page; brings the rest along once the song has been read."""
    track = _track_of(request, pk)
    just_read = request.GET.get("was") == "probing" and track.state != Track.State.PROBING
    context = _head_context(track) | {"just_read": just_read}
    if just_read:
        context |= _stems_context(track) | _lanes_context(track)
    return render(request, "library/_facts.html", context)


def lanes(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What the models hear along a song."""
    track = _track_of(request, pk)
    return render(request, "library/_lanes.html", _head_context(track) | _lanes_context(track))


def stems(request: HttpRequest, pk: UUID, problem: str = "") -> HttpResponse:
    context = _stems_context(_track_of(request, pk)) | {"problem": problem}
    return render(request, "library/_stems.html", context)


@require_POST
def unmix(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Have it unmixed, in the way that was chosen."""
    track, form, problem = _track_of(request, pk), UnmixForm(request.POST), ""
    try:
        if not form.is_valid():
            raise ValidationError(form.complaint)
        request_separation(track=track, owner=request.user, **form.wish)
    except ValidationError as error:
        problem = " ".join(error.messages)
    if _from_inside(request):
        response = stems(request, pk, problem)
        response["HX-Trigger"] = "jobs"
        return response
    if problem:
        messages.error(request, problem)
    return redirect("library:song", pk)


@require_POST
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Call it something else: all of it from the form, one field where it stands."""
    track = _track_of(request, pk)
    form = SongForm.of_part(request.POST, track)
    valid = form.is_valid()
    if valid:
        form.save()
    if _from_inside(request):
        context = _head_context(_track_of(request, pk)) | {"edit_errors": form.errors}
        return render(request, "library/_facts.html", context)
    return (
        redirect("library:song", pk)
        if valid
        else _song_page(request, _track_of(request, pk), form)
    )


@require_POST
def tags(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put a word on a song, or take one off."""
    track = _track_of(request, pk)
    form = TagsForm(request.POST)
    if form.is_valid():
        form.save(track)
    if _from_inside(request):
        context = {"track": track, "tags_form": form}
        return render(request, "library/_tags.html", context)
    return redirect("library:song", pk)


@require_POST
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    track = _track_of(request, pk)
    outcome = bulk.delete(request.user, Track.objects.filter(pk=track.pk))
    text = f"“{track.title}” is deleted."
    messages.success(request, text, extra_tags=outcome.undo)
    return redirect("library:songs")
