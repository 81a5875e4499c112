"""One look at a stream: is it drift, how large, what drives it, and what could have been seen."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy.special import kolmogorov

from audio.drift.measures import Cloud, Columns, Labels, differences, false_discovery
from audio.drift.power import Reach, reach
from audio.drift.rows import Flags, Rows
from audio.drift.shuffles import Chance, Measure, chance
from audio.drift.units import Units, units_of

FEWEST = 15
"""Units on either side under which nothing is said."""
CAUTION = 1.25
"""A p counts for so many times itself: real units are never quite alike."""
STAGES = ((499, 0.1), (1499, 0.02), (7999, 0.0))
"""So many shuffles; a p over this ends the look, as does a p that can be no alarm."""
ENOUGH = 50  # shuffles beyond the threshold, for an alarm that chance hardly moves
SONGS = 10

State = Literal["too little data", "no drift", "drift"]


@dataclass(frozen=True)
class Tested:
    """One measure: its distance, its own p, and an effect size (see its class for the scale)."""

    name: str
    statistic: float
    p: float
    effect: float


@dataclass(frozen=True)
class Driver:
    """A named column: how far the window's units are from the reference's.

    `difference` is in standard deviations of units, with sign: + is more than before. `p` is of
    its Kolmogorov-Smirnov distance, `q` the same after Benjamini and Hochberg.
    """

    group: str
    name: str
    difference: float
    p: float
    q: float


@dataclass(frozen=True)
class Finding:
    """What one look found.

    `p` is that of all measures together, None where there is too little data; it is drift when
    p <= alpha. `drivers` are the named columns, those that differ most first; `labels` the same
    for labels, in shares: {model: {label: window less reference}}. `songs` are rows of the
    window, one a unit, those that drive the most surprising measure first. `reach` says what
    could have been seen.
    """

    state: State
    alpha: float
    p: float | None
    reference_units: int
    window_units: int
    comparable_units: int
    tests: tuple[Tested, ...] = ()
    drivers: tuple[Driver, ...] = ()
    labels: dict[str, dict[str, float]] = field(default_factory=dict)
    songs: tuple[int, ...] = ()
    reach: Reach | None = None

    @property
    def sentence(self) -> str:
        """Say it in plain words."""
        beside = f"{self.window_units} new beside {self.reference_units} earlier"
        if self.state == "too little data":
            return (
                f"Too little data: {beside}, of which {self.comparable_units} can be compared;"
                f" it takes {FEWEST}."
            )
        seen = "Drift" if self.state == "drift" else "No drift seen"
        return f"{seen}: p = {self.p:.2g}, {beside}."


def check(
    reference: Rows, window: Rows, *, alpha: float = 0.05, seed: int = 0, reaching: bool = True
) -> Finding:
    """Compare new songs with earlier ones.

    Each group of numbers is tested by the maximum mean discrepancy of its columns together, and
    by the largest Kolmogorov-Smirnov distance of those that have names; labels by chi-squared.
    All distances are between units, all chance is by shuffling units among those with about as
    many songs, and all measures are judged as one: without drift the chance of an alarm is at
    most `alpha`, however the measures depend on each other.

    Parameters
    ----------
    reference, window : Rows
        Earlier songs and new ones. See `audio.drift.rows.split`.
    alpha : float
        The rate of false alarms, 0..1. Under 1/6400 no alarm is possible.
    seed : int
        Of the shuffles.
    reaching : bool
        Whether to find what could have been seen.

    Returns
    -------
    Finding

    Raises
    ------
    ValueError
        If a group has other columns on one side than on the other.

    References
    ----------
    Phipson, Smyth, "Permutation p-values should never be zero", 2010 (the true grouping counts
    as one of the shuffles); Westfall, Young, "Resampling-based multiple testing", 1993 (the
    smallest p over the measures, judged by the same shuffles).
    """
    units = units_of(reference, window, seed)
    counts = int(np.sum(~units.window)), int(np.sum(units.window))
    comparable = _comparable(units)
    measures = _measures(units)
    if min(*counts, comparable) < FEWEST or not measures:
        seen = _reach_of_few(measures, units, alpha, seed) if reaching else None
        return Finding("too little data", alpha, None, *counts, comparable, reach=seen)
    found = _chance(measures, units, alpha, seed)
    p = min(1.0, CAUTION * found.p)
    return Finding(
        "drift" if p <= alpha else "no drift",
        alpha,
        p,
        *counts,
        comparable,
        tests=_tested(measures, found, units.window),
        drivers=_drivers(units),
        labels={
            measure.group: measure.changes(units.window)
            for measure in measures
            if isinstance(measure, Labels)
        },
        songs=_driving_songs(measures, found, units, window),
        reach=reach(measures, found, units, alpha=alpha / CAUTION, seed=seed)
        if reaching
        else None,
    )


def _comparable(units: Units) -> int:
    """How many units of the window have one of like size in the reference."""
    strata = units.strata.max(initial=0) + 1
    before = np.bincount(units.strata[~units.window], minlength=strata)
    after = np.bincount(units.strata[units.window], minlength=strata)
    return int(np.minimum(after, before).sum())


def _measures(units: Units) -> list[Measure]:
    measures: list[Measure] = []
    for name, group in sorted(units.numbers.items()):
        if group.values.shape[1] > 1 or not group.names:
            measures.append(Cloud(name, group.values))
        if group.names:
            measures.append(Columns(name, group.values))
    for name, group in sorted(units.shares.items()):
        measures.append(Labels(name, group.names, group.values))
    return measures


def _chance(measures: list[Measure], units: Units, alpha: float, seed: int) -> Chance:
    """Shuffle a little; where that leaves a doubt, more.

    All but the last p are kept only where they are no alarm, so this adds no false ones.
    """
    for stage, (shuffles, doubt) in enumerate(STAGES):
        found = chance(measures, units.window, units.strata, shuffles=shuffles, seed=seed + stage)
        if found.p > max(doubt, 2 * alpha) or shuffles * alpha >= ENOUGH:
            break
    return found


def _reach_of_few(measures: list[Measure], units: Units, alpha: float, seed: int) -> Reach | None:
    """What could be seen with so few units, were they all of like size."""
    if not measures or min(np.sum(units.window), np.sum(~units.window)) < 2:
        return None
    alike = np.zeros_like(units.strata)
    found = chance(measures, units.window, alike, shuffles=STAGES[0][0], seed=seed)
    return reach(measures, found, units, alpha=alpha / CAUTION, seed=seed)


def _tested(measures: list[Measure], found: Chance, window: Flags) -> tuple[Tested, ...]:
    return tuple(
        Tested(measure.name, float(found.distances[place, 0]), float(p), measure.effect(window))
        for place, (measure, p) in enumerate(zip(measures, found.each, strict=True))
    )


def _drivers(units: Units) -> tuple[Driver, ...]:
    """Every named column, those furthest apart first."""
    sides = units.window[:, None].astype(np.float32)
    after, before = int(sides.sum()), int(len(sides) - sides.sum())
    rows: list[tuple[str, str, float, float]] = []
    for group, numbers in sorted(units.numbers.items()):
        if numbers.names:
            distances = Columns(group, numbers.values).each(sides)[:, 0]
            p = kolmogorov(distances * np.sqrt(after * before / (after + before)))
            away = differences(numbers.values, units.window)
            rows += zip([group] * len(p), numbers.names, away.tolist(), p.tolist(), strict=True)
    q = false_discovery([row[3] for row in rows]).tolist()
    drivers = [Driver(*row, q=value) for row, value in zip(rows, q, strict=True)]
    return tuple(sorted(drivers, key=lambda driver: (driver.p, -abs(driver.difference))))


def _driving_songs(
    measures: list[Measure], found: Chance, units: Units, window: Rows
) -> tuple[int, ...]:
    """Rows of the window that speak most for the difference, one a unit."""
    decisive = measures[int(found.surprise(found.distances[:, :1]).argmin())]
    pull = decisive.pull(window, units.window)
    order = np.argsort(-pull, kind="stable")
    _, first = np.unique(units.inverse[order], return_index=True)
    return tuple(order[np.sort(first)][:SONGS].tolist())
