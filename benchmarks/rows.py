"""What was measured, as rows of a small table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

HEADER = ("what", "peer", "ours", "ratio", "goal")


@dataclass(frozen=True)
class Row:
    """One figure of ours, and the same of a peer where there is one.

    `unit` is "dB", "%", "s" or ""; a goal is text, for people to compare with.
    """

    what: str
    peer: float | None
    ours: float
    unit: str = ""
    goal: str = ""

    @property
    def ratio(self) -> str:
        """Ours by the peer's; levels and shares are subtracted instead."""
        if self.peer is None:
            return "–"
        if self.unit in ("dB", "%"):
            return f"{self.ours - self.peer:+.1f} {self.unit}"
        return f"{self.ours / self.peer:.2f}×" if self.peer else "–"

    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        peer = "–" if self.peer is None else _figure(self.peer, self.unit)
        return self.what, peer, _figure(self.ours, self.unit), self.ratio, self.goal


def both(figure: Callable[[Any], Any], peer: Any, ours: Any) -> tuple[float, float]:
    """One figure of the peer's values and of ours, in the order of a row."""
    return float(figure(peer)), float(figure(ours))


def table(rows: Sequence[Row]) -> str:
    """Set rows under a header, their columns aligned."""
    lines = [HEADER, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(_line(cells, widths) for cells in lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.ljust(width) if number in (0, 4) else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return " | ".join([first, *others]).rstrip()


def _figure(value: float, unit: str) -> str:
    digits = {"dB": 1, "%": 1}.get(unit, 3 if abs(value) < 10 else 1)
    return f"{value:.{digits}f} {unit}".rstrip()
