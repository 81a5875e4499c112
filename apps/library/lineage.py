"""All that was made from a song, and by what."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from apps.files.models import Blob, Rendition, Track
from apps.predictions.models import PredictionSet, Reference
from apps.remixes.models import BeatGrid
from apps.separation.models import Separation


@dataclass(frozen=True)
class Derived:
    """One thing that was made: what it says or is, and what made it."""

    name: str
    what: str
    by: str
    made_at: datetime | None = None
    size: int | None = None  # bytes


def derived(track: Track, reference: Reference | None) -> list[Derived]:
    return [
        *_copies(track),
        *_predictions(reference),
        *_stems(track),
        *_beats(track),
    ]


def _copies(track: Track) -> Iterator[Derived]:
    kept = [("Waveform", track.waveform), ("Cover", track.cover), ("Copy to play", track.playable)]
    for name, blob in kept:
        if blob is not None:
            yield _stored(name, blob, "from the file, when it was read")
    for made in Rendition.objects.filter(source=track.blob_id).select_related("blob"):
        yield _stored(f"Copy as {made.format}", made.blob, "when it was first asked for")


def _stored(name: str, blob: Blob, by: str) -> Derived:
    return Derived(name, blob.content_type, by, blob.created_at, blob.size)


def _predictions(reference: Reference | None) -> Iterable[Derived]:
    if reference is None:
        return []
    sets = reference.sets.select_related("model").defer("array").order_by("model__name")
    return [_prediction(made, reference) for made in sets]


def _prediction(made: PredictionSet, reference: Reference) -> Derived:
    said = [made.label]
    if made.value is not None:
        said.append(f"{made.value:.1f}")
    if made.confidence:
        said.append(f"{made.confidence:.0%} sure")
    by = f"version {made.model.version}, reference {reference.pk}"
    return Derived(made.model.name, ", ".join(filter(None, said)), by, reference.published_at)


def _stems(track: Track) -> Iterator[Derived]:
    wishes = Separation.objects.filter(track=track).select_related("stem_set")
    for wish in wishes.prefetch_related("stem_set__stems__blob", "removed"):
        made = wish.stem_set
        stems = wish.stems
        if made.is_complete:
            yield Derived(
                "Stems",
                ", ".join(stem.name for stem in stems),
                f"{made.engine}, version {made.engine_version}",
                made.completed_at,
                sum(stem.blob.size for stem in stems),
            )


def _beats(track: Track) -> Iterator[Derived]:
    for grid in BeatGrid.objects.filter(sha256=track.sha256).select_related("arrays"):
        what = f"{grid.beats} beats, {grid.bpm:.1f} BPM"
        yield Derived("Beats", what, f"version {grid.version}", grid.created_at, grid.arrays.size)
