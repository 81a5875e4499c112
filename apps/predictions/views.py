"""Models: what they are, how well they do, what they need; and a clip to try them on."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from apps.files.models import Track
from apps.files.uploads import DiskUploadHandler, TooLarge
from apps.predictions import catalogue, heads, history, honesty, trials
from apps.predictions.forms import ClipForm
from apps.predictions.lanes import lanes, titled
from apps.predictions.models import Trial
from audio.errors import AudioError

Act = Callable[[HttpRequest, str], None]


def _from_inside(request: HttpRequest) -> bool:
    """Was this asked by a part of a page, rather than by a link, a form or the browser?"""
    return "HX-Request" in request.headers and "HX-Boosted" not in request.headers


# -- models --------------------------------------------------------------------------------------


def models(request: HttpRequest) -> HttpResponse:
    context = {
        "cards": honesty.cards(catalogue.model_cards()),
        "heads": heads.heads(),
        **_weights_context(),
    }
    return render(request, "predictions/models.html", context)


def weights(request: HttpRequest) -> HttpResponse:
    """The files of pretrained weights, as they stand now."""
    return render(request, "predictions/_weights.html", _weights_context())


def _weights_context() -> dict[str, Any]:
    files = catalogue.catalogue()
    return {
        "weights": files,
        "moving": any(file["job"] and file["job"].is_active for file in files),
    }


def _for_admins(act: Act) -> Callable[[HttpRequest, str], HttpResponse]:
    """What changes the server is done by admins, and asked for by a form."""

    @require_POST
    @wraps(act)
    def guarded(request: HttpRequest, name: str) -> HttpResponse:
        if not request.user.is_admin:  # type: ignore[union-attr]
            raise PermissionDenied
        try:
            act(request, name)
        except catalogue.NoSuchWeights as error:
            raise Http404(str(error)) from error
        if not _from_inside(request):
            return redirect("predictions:models")
        response = weights(request)
        response["HX-Trigger"] = "jobs"
        return response

    return guarded


@_for_admins
def fetch(request: HttpRequest, name: str) -> None:
    catalogue.request_fetch(name=name, owner=request.user)


@_for_admins
def verify(request: HttpRequest, name: str) -> None:
    """Read the file again and compare."""
    try:
        messages.success(request, catalogue.verify_weights(name))
    except AudioError as error:
        messages.error(request, str(error))


@_for_admins
def remove(request: HttpRequest, name: str) -> None:
    catalogue.remove_weights(name)


# -- history -------------------------------------------------------------------------------------


@require_POST
def restore(request: HttpRequest, pk: UUID, reference: UUID) -> HttpResponse:
    """Go back to an earlier generation of what is said of a song."""
    track = get_object_or_404(Track.objects.owned_by(request.user), pk=pk)
    history.restore(get_object_or_404(history.references(track), pk=reference))
    messages.success(request, "You see what was said then. It stays until the models change.")
    return redirect("library:song", pk)


# -- a clip to try -------------------------------------------------------------------------------


@csrf_exempt  # only until the body may be read: `_tried` protects
@require_http_methods(["GET", "POST"])
def try_clip(request: HttpRequest) -> HttpResponse:
    """Take a clip to the models, and its sender to what they say."""
    request.upload_handlers = [DiskUploadHandler(request, most=trials.most_bytes())]
    try:
        return _tried(request)
    except TooLarge as error:
        return _try_page(request, problem=str(error), status=413)


@csrf_protect
def _tried(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _try_page(request)
    form = ClipForm(request.POST, request.FILES)
    if not form.is_valid():
        return _try_page(request, problem=" ".join(map(str, form.errors["file"])), status=422)
    try:
        trial = trials.request_trial(owner=request.user, upload=form.cleaned_data["file"])
    except AudioError as error:
        return _try_page(request, problem=str(error), status=getattr(error, "status", 422))
    if _from_inside(request):
        return render(request, "predictions/_trial.html", _trial_context(trial))
    return redirect("predictions:trial", trial.job_id)


def _try_page(request: HttpRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    """The whole page; from inside it only the words, which htmx takes with status 200 alone."""
    if _from_inside(request):
        return render(request, "predictions/_trial.html", {"problem": problem})
    context = {"problem": problem, "most_bytes": trials.most_bytes()}
    return render(request, "predictions/try.html", context, status=status)


def trial(request: HttpRequest, job: UUID) -> HttpResponse:
    """How far a clip is, and then what was heard."""
    try:
        found = trials.find(request.user, job)
    except Trial.DoesNotExist as error:
        raise Http404 from error
    part = "predictions/_trial.html" if _from_inside(request) else "predictions/try.html"
    return render(request, part, _trial_context(found))


def _trial_context(trial: Trial) -> dict[str, Any]:
    answer = trial.answer or {}
    bars = sorted(answer.get("probabilities", {}).items(), key=lambda bar: -bar[1])
    return {
        "trial": trial,
        "job": trial.job,
        "most_bytes": trials.most_bytes(),
        "answer": trial.answer,
        "bars": bars,
        "lanes": lanes(answer.get("predictions", [])),
        "missing": titled(answer.get("missing", {})),
    }
