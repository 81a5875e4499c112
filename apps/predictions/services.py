"""What can be asked about predictions: make them, and read them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils.timezone import now

from apps.files.models import Track
from apps.jobs.models import Job
from apps.predictions.models import CurrentReference, PredictionModel, Reference, in_short
from apps.predictions.reading import UNSURE

NOTHING = {"genre": None, "tempo": None, "key": None, "reference": None, "job": None}


def request_predictions(track: Track) -> None:
    """Ask for what today's models say of a track that has just become ready."""
    key = PredictionModel.objects.able().key()
    Reference.request(track, cause=Reference.Cause.UPLOAD, key=key)


def follow_prediction(job: Job) -> None:
    """A generation whose job came to nothing makes room for another one; a retry takes it up."""
    rows = Reference.objects.filter(job=job, published_at=None)
    if job.is_active:
        rows.update(abandoned_at=None)
    elif job.state != Job.State.DONE:
        rows.update(abandoned_at=now())


def summary(track: Track) -> dict[str, Any]:
    """What a page shows of one track; `job` is the one that listens to it just now."""
    return summaries([track])[track.pk]


def summaries(tracks: Iterable[Track]) -> dict[UUID, dict[str, Any]]:
    """The same for many, in two queries."""
    found: dict[UUID, dict[str, Any]] = {track.pk: dict(NOTHING) for track in tracks}
    for row in CurrentReference.objects.filter(track__in=list(found)).select_related("reference"):
        found[row.track_id] |= _summary(row)
    making = Reference.objects.in_the_making().filter(track__in=list(found))
    for reference in making.select_related("job"):
        found[reference.track_id]["job"] = reference.job
    return found


def _summary(row: CurrentReference) -> dict[str, Any]:
    sure = row.genre_confidence >= UNSURE
    genre = {"label": row.genre, "confidence": row.genre_confidence, "sure": sure}
    return {
        "genre": genre if row.genre else None,
        "tempo": row.tempo or None,
        "key": row.key or None,
        "reference": row.reference,
    }


def summary_of(reference: Reference | None) -> dict[str, Any]:
    """The same of one generation."""
    if reference is None:
        return dict(NOTHING)
    short = in_short(reference.sets.all())
    return NOTHING | _summary(CurrentReference(reference=reference, **short))


def model_names(track: Track) -> list[str]:
    """Who says something of a track in its current reference, or could have."""
    said = PredictionModel.objects.filter(sets__references__current_of__track=track)
    names = [*said.values_list("name", flat=True)]
    return sorted({*names, *PredictionModel.objects.in_use().values_list("name", flat=True)})
