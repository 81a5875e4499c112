"""Songs with what is known of them, as the library and the song page show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.files.models import Track
from apps.jobs.models import Job
from apps.predictions import services as predictions
from apps.predictions.models import PredictionSet, Reference
from apps.separation.models import Separation


@dataclass(frozen=True)
class Song:
    """A track, what models say of it, and what is still being made."""

    track: Track
    known: dict[str, Any]
    predicting: bool
    remark: str = ""  # why nothing is known of it, when that was tried

    @property
    def is_moving(self) -> bool:
        """Will it look different in a moment?"""
        return self.track.state == Track.State.PROBING or self.predicting


def songs(tracks: Sequence[Track]) -> list[Song]:
    """The same number of queries for one and for fifty."""
    known = predictions.summaries(tracks)
    jobs = _latest_prediction_jobs([track for track in tracks if track.is_ready])
    return [_song(track, known[track.pk], jobs) for track in tracks]


def song(track: Track) -> Song:
    return songs([track])[0]


def _latest_prediction_jobs(tracks: Sequence[Track]) -> dict[UUID, Job | None]:
    """By track, the job behind its newest reference; a track without one is missing here."""
    rows = Reference.objects.filter(track__in=tracks).select_related("job").order_by("created_at")
    return {row.track_id: row.job for row in rows}


def _song(track: Track, known: dict[str, Any], jobs: dict[UUID, Job | None]) -> Song:
    job = jobs.get(track.pk)
    asked = track.pk in jobs
    first = known["reference"] is None  # songs that are heard again wait for nothing
    predicting = track.is_ready and first and (not asked or (job is not None and job.is_active))
    failed = job is not None and job.state == Job.State.FAILED and known["reference"] is None
    return Song(track, known, predicting, job.error if failed and job else "")


def provenance(reference: Reference | None) -> list[PredictionSet]:
    """What each model said, without the windows."""
    if reference is None:
        return []
    return list(reference.sets.select_related("model").defer("array").order_by("model__name"))


def latest_separation(track: Track) -> Separation | None:
    """The stems last asked for."""
    return (
        Separation.objects.filter(track=track, owner_id=track.owner_id)
        .select_related("stem_set__job", "track")
        .prefetch_related("stem_set__stems__blob", "removed")
        .order_by("-asked_at", "-id")
        .first()
    )
