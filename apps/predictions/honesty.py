"""How well models do, so that a page can show the honest figure beside the flattering one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from apps.predictions.lanes import About, about

SHADES = 9  # of a heat table, above nothing


@dataclass(frozen=True)
class Share:
    """How many were right, with the interval in which that lies 19 times out of 20."""

    accuracy: float
    low: float
    high: float

    @classmethod
    def of(cls, scores: dict[str, Any] | None) -> "Share | None":
        if not scores:
            return None
        return cls(scores["accuracy"], scores["low"], scores["high"])

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
    songs: int

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
    scores: dict[str, Any]

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
        return self.scores.get("by_artist", {}).get("calibration_error")

    @property
    def confusion(self) -> list[tuple[str, list[Cell]]]:
        """By true genre, what was said."""
        rows = self.scores.get("confusion", [])
        named = zip(self.scores.get("labels", []), rows, strict=False)
        return [(label, list(_cells(row, place))) for place, (label, row) in enumerate(named)]

    @property
    def bins(self) -> list[Bin]:
        return [Bin(**found) for found in self.scores.get("reliability", [])]

    @property
    def speed(self) -> str:
        return str(self.scores.get("speed", ""))

    @property
    def changes(self) -> list[Change]:
        measured = (self.scores.get("behaviour") or {}).get("changes", {})
        return [Change(what, **drop) for what, drop in measured.items()]

    @property
    def sure(self) -> list[dict[str, float]]:
        return self.scores.get("sure", [])


def cards(models: Iterable[dict[str, Any]]) -> list[Card]:
    """Those in use, as `catalogue.model_cards` tells of them."""
    names = ("name", "version", "labels", "threshold", "missing", "scores")
    return [Card(**{name: model[name] for name in names}) for model in models if model["in_use"]]


def _cells(row: list[int], place: int) -> Iterator[Cell]:
    total = sum(row) or 1
    for column, songs in enumerate(row):
        yield Cell(songs, songs / total, column == place)
