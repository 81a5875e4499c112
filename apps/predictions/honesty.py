"""How well models do, so that a page can show the honest figure beside the flattering one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from apps.predictions.lanes import About, about

SHADES = 9  # of a heat table, above nothing
SECONDS = {
    "genre-forest": "0.26 s for the features",
    "genre-convnet": "0.06 s for the convnet",
    "genre-ensemble": "0.26 s for the features, 0.06 s for the convnet",
    "tags": "0.17 s",
}
MOST = 1e12  # of anything that is counted; NaN is not below it either
WHERE = "measured on two cores of a server"  # of processor time, for a clip of 30 s; `benchmarks`


@dataclass(frozen=True)
class Share:
    """How many were right, with the interval in which that lies 19 times out of 20."""

    accuracy: float
    low: float
    high: float

    @classmethod
    def of(cls, scores: Any) -> "Share | None":
        found = _numbers(scores, "accuracy", "low", "high")
        return cls(**found) if found else None

    @property
    def width(self) -> float:
        return self.high - self.low


@dataclass(frozen=True)
class Cell:
    """So many songs of one genre were taken for another (or for what they are)."""

    songs: int
    share: float
    right: bool

    @property
    def shade(self) -> int:
        """0 for none, then 1..SHADES"""
        return min(SHADES, 1 + int(self.share * SHADES)) if self.songs else 0


@dataclass(frozen=True)
class Bin:
    """What was said with about that confidence: how often it was right."""

    low: float
    high: float
    confidence: float
    accuracy: float
    songs: float

    @property
    def width(self) -> float:
        return self.high - self.low


@dataclass(frozen=True)
class Change:
    """What becomes of the answers when the sound, but not the music, is changed."""

    what: str
    same: float
    confidence_lost: float
    accuracy: float | None


@dataclass(frozen=True)
class Card:
    """One model as a page shows it."""

    name: str
    version: str
    labels: list[str]
    threshold: float
    missing: str
    remark: str
    scores: dict[str, Any]  # written by whoever trained it: what is odd in it is not shown

    @property
    def about(self) -> About:
        return about(self.name)

    @property
    def honest(self) -> Share | None:
        return Share.of(self.scores.get("by_artist"))

    @property
    def leaky(self) -> Share | None:
        return Share.of(self.scores.get("random_split_leaky"))

    @property
    def calibration_error(self) -> float | None:
        found = _numbers(self.scores.get("by_artist"), "calibration_error")
        return found.get("calibration_error")

    @property
    def confusion(self) -> list[tuple[str, list[Cell]]]:
        """By true genre, what was said."""
        labels = [str(label) for label in _list(self.scores.get("labels"))]
        rows = [_list(row) for row in _list(self.scores.get("confusion"))]
        if not all(len(row) == len(labels) == len(rows) and _are_counts(row) for row in rows):
            return []
        named = zip(labels, rows, strict=False)
        return [(label, list(_cells(row, place))) for place, (label, row) in enumerate(named)]

    @property
    def bins(self) -> list[Bin]:
        keys = ("low", "high", "confidence", "accuracy", "songs")
        found = [_numbers(row, *keys) for row in _list(self.scores.get("reliability"))]
        return [Bin(**row) for row in found if row]

    @property
    def speed(self) -> str:
        """Of whom the scores are: an ensemble may be the features alone."""
        seconds = SECONDS.get(str(self.scores.get("name", self.name)))
        return f"{seconds}; {WHERE}" if seconds else ""

    @property
    def songs_changed(self) -> int:
        """How many songs the changes of the sound were tried on."""
        return int(_numbers(self.scores.get("behaviour"), "songs").get("songs", 0))

    @property
    def changes(self) -> list[Change]:
        return list(_changes(_dict(_dict(self.scores.get("behaviour")).get("changes"))))

    @property
    def sure(self) -> list[dict[str, float]]:
        found = [
            _numbers(row, "confidence", "share", "accuracy")
            for row in _list(self.scores.get("sure"))
        ]
        return [row for row in found if row]


def cards(models: Iterable[dict[str, Any]]) -> list[Card]:
    """Those in use, as `catalogue.model_cards` tells of them."""
    names = ("name", "version", "labels", "threshold", "missing", "remark", "scores")
    rows = [model | {"scores": _dict(model["scores"])} for model in models if model["in_use"]]
    return [Card(**{name: row[name] for name in names}) for row in rows]


def _cells(row: list[int], place: int) -> Iterator[Cell]:
    total = sum(row) or 1
    for column, songs in enumerate(row):
        yield Cell(songs, songs / total, column == place)


def _changes(measured: dict[str, Any]) -> Iterator[Change]:
    for what, drop in measured.items():
        if found := _numbers(drop, "same", "confidence_lost"):
            right = _numbers(drop, "accuracy").get("accuracy")
            yield Change(str(what), **found, accuracy=right)


def _numbers(row: Any, *keys: str) -> dict[str, float]:
    """These of a row; nothing where one of them is missing or no number."""
    given = _dict(row)
    found = {key: float(given[key]) for key in keys if _is_number(given.get(key))}
    return found if len(found) == len(keys) else {}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < MOST


def _are_counts(row: list[Any]) -> bool:
    return all(isinstance(songs, int) and 0 <= songs < MOST for songs in row)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
