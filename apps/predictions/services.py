"""What can be asked about predictions: make them, and read them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Prefetch
from django.utils.timezone import now

from apps.files.models import Track
from apps.jobs.models import Job
from apps.predictions.models import CurrentReference, PredictionSet, Reference

UNSURE = 0.35  # below this a genre is a guess, and shown as one


def request_predictions(track: Track) -> None:
    """Ask for what today's models say of a track that has just become ready."""
    Reference.request(track, cause=Reference.Cause.UPLOAD)


def follow_prediction(job: Job) -> None:
    """A generation whose job came to nothing makes room for another one; a retry takes it up."""
    rows = Reference.objects.filter(job=job, published_at=None)
    if job.is_active:
        rows.update(abandoned_at=None)
    elif job.state != Job.State.DONE:
        rows.update(abandoned_at=now())


def current_reference(track: Track) -> Reference | None:
    """The generation readers see, with all it needs in three queries; None before the first."""
    return (
        Reference.objects.current()
        .filter(track=track)
        .prefetch_related(Prefetch("sets", PredictionSet.objects.select_related("model")))
        .first()
    )


def model_names(track: Track) -> set[str]:
    """Who says something of a track in its current reference."""
    said = PredictionSet.objects.filter(references__current_of__track=track)
    return set(said.values_list("model__name", flat=True))


def summary(track: Track) -> dict[str, Any]:
    """What a page shows of one track; `job` is the one that listens to it just now."""
    return summaries([track])[track.pk]


def summaries(tracks: Iterable[Track]) -> dict[UUID, dict[str, Any]]:
    """The same for many, in two queries."""
    nothing = {"genre": None, "tempo": None, "key": None, "reference": None, "job": None}
    found: dict[UUID, dict[str, Any]] = {track.pk: dict(nothing) for track in tracks}
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


def confidences(reference: Reference | None) -> list[dict[str, Any]]:
    """Each window of each model whose label passes the model's threshold."""
    if reference is None:
        return []
    return [row for made in reference.sets.all() for row in _confident_windows(made)]


def _confident_windows(made: PredictionSet) -> list[dict[str, Any]]:
    """Only models that name something have windows with labels."""
    limit = settings.CONFIDENCE if made.model.threshold is None else made.model.threshold
    return [
        {
            "utterance": label,
            "time": start,
            "confidence": round(float(confidence), 4),
            "model": made.model.name,
        }
        for start, window in zip(made.starts, made.probabilities, strict=True)
        for label, confidence in zip(made.model.labels, window, strict=True)
        if confidence >= limit
    ]
