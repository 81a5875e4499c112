"""Scores over time, as a plot to be drawn and a table to be read."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from apps.predictions.lanes import About, about
from apps.predictions.models import ControlLabel, ControlScore

WIDTH, HEIGHT, MARGIN = 560.0, 160.0, 40.0


@dataclass(frozen=True)
class Dot:
    """One score, and where it stands."""

    score: ControlScore
    x: float

    @property
    def y(self) -> float:
        return _y(self.score.accuracy)

    @property
    def top(self) -> float:
        return _y(self.score.high)

    @property
    def bottom(self) -> float:
        return _y(self.score.low)


@dataclass(frozen=True)
class Series:
    """One model through its versions."""

    model: str
    number: int  # which dashes it has
    dots: list[Dot] = field(default_factory=list)

    @property
    def about(self) -> About:
        return about(self.model)

    @property
    def path(self) -> str:
        return " ".join(f"{dot.x:.1f},{dot.y:.1f}" for dot in self.dots)


@dataclass(frozen=True)
class ControlPlot:
    """All scores of the control set, and how many songs are in it now."""

    songs: int
    series: list[Series]
    scores: list[ControlScore]  # newest first
    width: float = WIDTH + 2 * MARGIN
    height: float = HEIGHT + MARGIN

    @property
    def lines(self) -> list[tuple[float, str]]:
        """At which height which share is."""
        return [(_y(share), f"{share:.0%}") for share in (0.0, 0.5, 1.0)]


def control_plot() -> ControlPlot:
    scores = list(ControlScore.objects.select_related("model"))
    return ControlPlot(ControlLabel.objects.count(), series(scores), scores[::-1])


def series(scores: Iterable[ControlScore]) -> list[Series]:
    """By model; scores that were made together stand above each other."""
    listed = list(scores)
    moments = sorted({_moment(score) for score in listed})
    found: dict[str, Series] = {}
    for score in listed:
        name = score.model.name
        line = found.setdefault(name, Series(name, len(found) % 4))
        place = moments.index(_moment(score))
        line.dots.append(Dot(score, MARGIN + WIDTH * (place + 0.5) / len(moments)))
    return list(found.values())


def _moment(score: ControlScore) -> str:
    return f"{score.made_at:%Y-%m-%d %H:%M}"


def _y(share: float) -> float:
    return MARGIN / 2 + HEIGHT * (1.0 - share)
