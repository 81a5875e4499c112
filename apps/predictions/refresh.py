"""The look every two minutes: are all references those of today's models?

The work is what has changed: a track that is up to date costs nothing but its place in an index;
answers that are known are put together without a job; only what no model has said yet of some
bytes is asked for, so many at a time.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import chain, islice, zip_longest

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.timezone import now

from apps.files.models import Track
from apps.jobs.models import Job
from apps.predictions import control
from apps.predictions.models import (
    CurrentReference,
    PredictionModel,
    PredictionSet,
    Reference,
    Tick,
)
from apps.predictions.models.sets import PredictionModelQuerySet
from apps.predictions.serving import todays_models

OURS = ("ours", "no_space")  # errors that say nothing of a song
AGAIN = timedelta(days=1)


def refresh() -> Tick | None:
    """Bring some of the references up to date; None while no model can be asked here.

    Of two ticks at once one waits for the other: they would find the same tracks.
    """
    began = time.monotonic()
    todays_models()
    with transaction.atomic():
        models = list(_kept_from_others().able())
        if not models:
            return None
        tick = _tick(models)
        tick.seconds = round(time.monotonic() - began, 3)
        tick.save()
    control.score_what_is_done(tick.models_key)
    return tick


def _kept_from_others() -> PredictionModelQuerySet:
    """SQLite lets one write at a time anyway; elsewhere these rows are what ticks wait for."""
    return PredictionModel.objects.select_for_update(no_key=True)


def _tick(models: list[PredictionModel]) -> Tick:
    tick = Tick(models_key=PredictionModel.objects.able().key())
    _end_forsaken()
    tracks = next_ones(tick.models_key, _room())
    wanted = {model.pk for model in models}
    known = _known(tracks)
    for track in tracks:
        sets = known[track.sha256]
        if not wanted <= {made.model_id for made in sets}:
            tick.asked += _ask(track, tick.models_key)
        elif _reference(track, tick.models_key).publish(sets):
            tick.at_once += 1
        else:
            tick.unchanged += 1
    return tick


def _ask(track: Track, key: str) -> bool:
    return bool(Reference.request(track, cause=_cause(track), key=key))


def _reference(track: Track, key: str) -> Reference:
    return Reference(track=track, cause=_cause(track), models_key=key)


def _cause(track: Track) -> str:
    again = hasattr(track, "current")
    return Reference.Cause.REFRESH if again else Reference.Cause.UPLOAD


def _known(tracks: Iterable[Track]) -> dict[str, list[PredictionSet]]:
    """By their bytes, what today's models have said of tracks."""
    known = defaultdict(list)
    wanted = {track.sha256 for track in tracks}
    for made in PredictionSet.objects.in_short().todays().filter(sha256__in=wanted):
        known[made.sha256].append(made)
    return known


def _room() -> int:
    """How many more may be in the making."""
    return max(0, settings.REFRESH_PER_TICK - Reference.objects.in_the_making().count())


def _end_forsaken() -> None:
    """What no job is going to make would stand in the way of another try for ever."""
    forsaken = Reference.objects.forsaken()
    forsaken.filter(job=None).delete()
    forsaken.update(abandoned_at=now())


# -- which tracks --------------------------------------------------------------------------------


def stale(key: str) -> QuerySet[Track]:
    """Tracks that today's models are to be asked about.

    Not those that are being heard, nor those that these models have tried to hear in vain;
    where the fault was ours, they try again a day later.
    """
    mine = Reference.objects.filter(track=OuterRef("pk"))
    in_vain = mine.filter(models_key=key, abandoned_at__isnull=False)
    our_fault = Q(job__error_code__in=OURS, abandoned_at__lt=now() - AGAIN)
    shown = CurrentReference.objects.filter(track=OuterRef("pk"))
    return (
        Track.objects.ready()
        .filter(deleted_at=None)
        .exclude(Exists(shown.filter(models_key=key)))  # most end here, at one index
        .exclude(Exists(mine.in_the_making()))
        .exclude(Exists(in_vain.exclude(our_fault)))
    )


def next_ones(key: str, room: int) -> list[Track]:
    """Whose genre is known, and is to tell of the models, first; then newest and most viewed."""
    rows = stale(key).select_related("owner", "current")
    newest = list(rows.order_by("-created_at", "-id")[:room]) if room else []
    if not newest:
        return []
    marked = list(rows.exclude(control=None).order_by("-created_at", "-id")[:room])
    viewed = rows.order_by("-views", "-created_at", "-id")[:room]
    return list(islice(_once(chain(marked, _in_turn(viewed, newest))), room))


def _in_turn(*lists: Iterable[Track]) -> Iterator[Track]:
    return (track for row in zip_longest(*lists) for track in row if track)


def _once(tracks: Iterable[Track]) -> Iterator[Track]:
    return iter({track.pk: track for track in tracks}.values())


# -- what is not kept ----------------------------------------------------------------------------


def forget() -> None:
    """Ticks and the jobs of refreshes say nothing for long."""
    Tick.objects.old().delete()
    since = now() - Tick.kept_for()
    Job.objects.filter(kind="refresh", state=Job.State.DONE, ended_at__lt=since).delete()
