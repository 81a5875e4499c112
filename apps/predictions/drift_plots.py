"""The looks at a stream over time, as plots."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.predictions.models import DriftLook

WIDTH, HEIGHT = 300.0, 110.0
LEFT, TOP, BOTTOM = 44.0, 10.0, 22.0
LEAST_P = 1e-4  # what is drawn at the foot; shuffling shows little less


@dataclass(frozen=True)
class Line:
    """One figure through time."""

    title: str
    number: int  # which colour and dashes it has
    points: list[tuple[float, float, str]]  # x, y, and what a dot says

    @property
    def path(self) -> str:
        return " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in self.points)


@dataclass(frozen=True)
class Plot:
    """Some figures through time, with a scale at the left and dates below."""

    title: str
    caption: str
    lines: list[Line]
    scale: list[tuple[float, str]]
    dates: list[tuple[float, str, str]]  # x, words, anchor
    width: float = LEFT + WIDTH + 12
    height: float = TOP + HEIGHT + BOTTOM
    left: float = LEFT
    foot: float = TOP + HEIGHT


def plots(looks: Sequence[DriftLook], units: str) -> list[Plot]:
    """How surprising, how large, and of how many; nothing before the first look."""
    if not looks:
        return []
    x, dates = _time([look.made_at for look in looks])
    names = sorted({name for look in looks for name in look.effects})
    effects = {name: [look.effects.get(name) for look in looks] for name in names}
    top = max([value for row in effects.values() for value in row if value] or [1.0])
    most = max(max(look.window_units, look.reference_units) for look in looks)
    surprise = {
        "p": [look.p for look in looks],
        "an alarm from here down": [look.alpha for look in looks],
    }
    counts: dict[str, Sequence[float | None]] = {
        f"new {units}": [look.window_units for look in looks],
        f"earlier {units}": [look.reference_units for look in looks],
    }
    tail = [(_p(p), f"{p:g}") for p in (1.0, 0.01, LEAST_P)]
    return [
        Plot(
            "How likely it is by chance", "p of each look, smaller is more surprising",
            _lines(surprise, x, _p, "{:.2g}"), tail, dates,
        ),
        Plot(
            "How large it is", "effect of each measure",
            _lines(effects, x, _linear(top), "{:.2f}"), _scale(top, "{:.2f}"), dates,
        ),
        Plot(
            "Of how many", f"{units} on either side",
            _lines(counts, x, _linear(most), "{:.0f}"), _scale(most, "{:.0f}"), dates,
        ),
    ]  # fmt: skip


def _time(moments: Sequence[datetime]) -> tuple[list[float], list[tuple[float, str, str]]]:
    first, last = moments[0], moments[-1]
    span = (last - first).total_seconds()
    if not span:
        return [LEFT + WIDTH / 2] * len(moments), [(LEFT + WIDTH / 2, _day(first), "middle")]
    x = [LEFT + WIDTH * (moment - first).total_seconds() / span for moment in moments]
    return x, [(LEFT, _day(first), "start"), (LEFT + WIDTH, _day(last), "end")]


def _lines(
    rows: dict[str, Sequence[float | None]] | dict[str, list[float]],
    x: list[float],
    y: Callable[[float], float],
    form: str,
) -> list[Line]:
    return [
        Line(
            title,
            number,
            [
                (place, y(value), f"{title}: {form.format(value)}")
                for place, value in zip(x, values, strict=True)
                if value is not None
            ],
        )
        for number, (title, values) in enumerate(rows.items())
    ]


def _p(p: float) -> float:
    """A logarithmic scale from 1 down."""
    return TOP + HEIGHT * math.log10(max(p, LEAST_P)) / math.log10(LEAST_P)


def _linear(most: float) -> Callable[[float], float]:
    return lambda value: TOP + HEIGHT * (1 - max(value, 0.0) / (most or 1.0))


def _scale(most: float, form: str) -> list[tuple[float, str]]:
    return [(_linear(most)(most * share), form.format(most * share)) for share in (0.0, 0.5, 1.0)]


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"
