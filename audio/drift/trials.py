"""The false-alarm rate on a library of one's own, beside that of a naive rule."""

from dataclasses import dataclass

import numpy as np
from scipy.special import kolmogorov

from audio.drift.check import FEWEST, check
from audio.drift.measures import Columns
from audio.drift.rows import Array, Flags, Rows, units_in

NAIVE = 0.05


@dataclass(frozen=True)
class Rates:
    """How often there was an alarm without drift, 0..1; None where there is too little data."""

    trials: int
    window_units: int
    ours: float | None
    dummy: float | None


def false_alarm_rate(
    rows: Rows, *, window_units: int = 40, trials: int = 200, alpha: float = 0.05, seed: int = 0
) -> Rates:
    """Draw windows of whole units from songs between which there is no drift, and check them.

    Parameters
    ----------
    rows : Rows
        Songs of a time that counts as quiet: the reference. Its units are put in a window or
        left in the reference by lot, so that whatever is found is a false alarm.
    window_units, trials : int
    alpha : float
        Of each check, 0..1.
    seed : int

    Returns
    -------
    Rates
        Of `check`, and of the dummy that looks at each song by itself and gives an alarm when
        any column has a Kolmogorov-Smirnov p under 0.05.
    """
    generator = np.random.default_rng(seed)
    names, units, _ = units_in(rows.clusters)
    count = len(names)
    size = min(window_units, count // 2)
    if size < FEWEST:
        return Rates(0, size, None, None)
    alarms = np.zeros((trials, 2))
    for trial in range(trials):
        window = np.isin(units, generator.permutation(count)[:size])
        found = check(
            rows.take(~window), rows.take(window), alpha=alpha, seed=trial, reaching=False
        )
        alarms[trial] = found.state == "drift", naive_alarm(rows, window)
    ours, dummy = alarms.mean(axis=0).tolist()
    return Rates(trials, size, ours, dummy)


def naive_alarm(rows: Rows, window: Flags) -> bool:
    """Tell whether any column differs song by song, at p < 0.05: the field's simplest rule."""
    return any(bool((p < NAIVE).any()) for p in naive_p(rows, window))


def naive_p(rows: Rows, window: Flags) -> list[Array]:
    """Kolmogorov-Smirnov p of each column of each group, taking every song for its own unit."""
    sides = window[:, None].astype(np.float32)
    after, before = int(window.sum()), int((~window).sum())
    scale = np.sqrt(after * before / max(1, after + before))
    return [
        np.asarray(
            kolmogorov(Columns(name, group.values.astype(np.float64)).each(sides)[:, 0] * scale)
        )
        for name, group in sorted(rows.numbers.items())
        if group.names
    ]
