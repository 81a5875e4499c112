"""What is watched for drift: things that arrive one after the other, and what is known of them.

A stream is a class that `settings.DRIFT_STREAMS` names. `Songs` is here; what is watched of other
apps lives where both can be seen (`apps.library.stem_stream`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.db.models import Count, Max
from django.utils.module_loading import import_string

from apps.files.models import Track
from apps.predictions.models import GENRES, CurrentReference, PredictionModel, PredictionSet
from audio.drift.rows import Numbers

CHUNK = 900  # keys in one query
HEARD = 0.95  # of the songs; while fewer are up to date, models have only begun with the library
KNOWN = 0.95  # of the rows; a figure that fewer have is none to compare by


@dataclass(frozen=True, eq=False)
class Arrivals:
    """What has arrived, oldest first: its id, by what it is looked up, when, and its unit."""

    ids: list[UUID]
    keys: list[str]
    when: npt.NDArray[np.float64]  # seconds since 1970
    units: list[str]

    def take(self, flags: npt.NDArray[np.bool_]) -> "Arrivals":
        places = np.flatnonzero(flags)
        return Arrivals(
            [self.ids[place] for place in places],
            [self.keys[place] for place in places],
            self.when[places],
            [self.units[place] for place in places],
        )


@dataclass(frozen=True, eq=False)
class Figures:
    """What is known of some arrivals: groups as `audio.drift.rows.Rows` takes them."""

    numbers: dict[str, Numbers] = field(default_factory=dict)
    labels: dict[str, Sequence[str]] = field(default_factory=dict)


class Stream(Protocol):
    """What is watched."""

    title: str
    inputs: Mapping[str, str]
    """Groups that say what arrives, and how a page calls them; in all others models answer."""

    def mark(self) -> str:
        """What there is, in short: while this stays, nothing has arrived; "" is nothing."""

    def waits_for(self) -> str:
        """Why it cannot be looked at just now; empty when it can."""

    def arrivals(self) -> Arrivals:
        """All that has arrived."""

    def figures(self, keys: Sequence[str]) -> Figures:
        """What is known of some of them; groups that are known of too few are left out."""


def streams() -> dict[str, Stream]:
    """All that are watched, by name."""
    return {name: import_string(path)() for name, path in settings.DRIFT_STREAMS.items()}


# -- songs ---------------------------------------------------------------------------------------


class Songs:
    """Songs as they are uploaded, and what today's models judge them by and say of them.

    Answers of different models cannot be compared, so only songs count that have been heard by
    today's, with the parameters of today.
    """

    title = "Songs"
    inputs = {"features": "their features", "embeddings": "their embeddings"}

    def mark(self) -> str:
        found = self._heard().aggregate(songs=Count("pk"), newest=Max("track__created_at"))
        return f"{self._key[:16]} {found['songs']} {found['newest'] or ''} {settings.DRIFT_UNIT}"

    def waits_for(self) -> str:
        songs, heard = CurrentReference.objects.count(), self._heard().count()
        if heard >= HEARD * songs:
            return ""
        return (
            f"The models have changed; {heard} of {songs} songs have been heard by those of today."
            " When they all have, they can be compared."
        )

    def arrivals(self) -> Arrivals:
        names = ("pk", "track__created_at", "track__sha256", *(f"track__{n}" for n in FIELDS))
        rows = self._heard().order_by("track__created_at", "pk").values_list(*names)
        ids, when, keys, units = [], [], [], []
        for pk, created_at, sha256, *facts in rows.iterator(chunk_size=5000):
            ids.append(pk)
            when.append(created_at.timestamp())
            keys.append(sha256)
            units.append(UNITS[settings.DRIFT_UNIT](created_at, *facts) or sha256)
        return Arrivals(ids, keys, np.array(when), units)

    def figures(self, keys: Sequence[str]) -> Figures:
        found = Figures()
        for group, name in (("features", "genre-forest"), ("embeddings", "genre-convnet")):
            if (numbers := _vectors(name, keys)) is not None:
                found.numbers[group] = numbers
        _add_answers(found, keys)
        return found

    def _heard(self):
        ready = {"track__state": Track.State.READY, "track__deleted_at": None}
        return CurrentReference.objects.filter(models_key=self._key, **ready)

    @cached_property
    def _key(self) -> str:
        return PredictionModel.objects.able().key()


FIELDS = ("artist", "album", "owner_id")


def _artist(created_at: Any, artist: str, album: str, owner: int) -> str:
    return artist.strip().casefold()


def _album(created_at: Any, artist: str, album: str, owner: int) -> str:
    album = album.strip().casefold()
    return f"{artist.strip().casefold()}\n{album}" if album else ""


def _batch(created_at: Any, artist: str, album: str, owner: int) -> str:
    """What somebody uploaded within an hour."""
    return f"{owner} {created_at:%Y-%m-%d %H}"


UNITS: dict[str, Callable[..., str]] = {"artist": _artist, "album": _album, "batch": _batch}
"""What belongs together; "" belongs to nothing, and only the same bytes are the same then."""

UNIT_WORDS = {"artist": "artists", "album": "albums", "batch": "upload batches"}


def _vectors(name: str, keys: Sequence[str]) -> Numbers | None:
    """What a model judges by, [keys, numbers]; None where it is known of too few."""
    model = PredictionModel.objects.able().filter(name=name).first()
    if model is None:
        return None
    said = _said(model, keys, "vector", vector__isnull=False)
    found = {key: np.frombuffer(vector, "<f4") for key, vector in said}
    width = len(next(iter(found.values()), ()))
    values = np.full((len(keys), width), np.nan, np.float32)
    for place, key in enumerate(keys):
        if (vector := found.get(key)) is not None and len(vector) == width:
            values[place] = vector
    names = tuple(model.vector_names) if len(model.vector_names) == width else ()
    enough = width and np.isfinite(values).all(axis=1).mean() >= KNOWN
    return Numbers(values, names) if enough else None


def _add_answers(found: Figures, keys: Sequence[str]) -> None:
    """The labels of the model whose genre is shown, and how sure it is of them."""
    models = {model.name: model for model in PredictionModel.objects.able()}
    model = next((models[name] for name in GENRES if name in models), None)
    if model is None:
        return
    said = {key: (label, sure) for key, label, sure in _said(model, keys, "label", "confidence")}
    answers = [said.get(key, ("", np.nan)) for key in keys]
    if sum(bool(label) for label, _ in answers) < max(1.0, KNOWN * len(answers)):
        return
    sure = np.array([[confidence] for _, confidence in answers])
    found.labels[model.name] = [label for label, _ in answers]
    found.numbers["confidence"] = Numbers(sure, ("confidence",))


def _said(
    model: PredictionModel, keys: Sequence[str], *columns: str, **more: Any
) -> Iterator[tuple]:
    """By their bytes, what a model said as it is asked today."""
    wanted = sorted(set(keys))
    mine = PredictionSet.objects.filter(model=model, parameters_key=model.parameters_key, **more)
    for start in range(0, len(wanted), CHUNK):
        some = mine.filter(sha256__in=wanted[start : start + CHUNK])
        yield from some.values_list("sha256", *columns)
