"""What a look could have seen: how much of a window must differ to be noticed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audio.drift.measures import normal_scores
from audio.drift.rows import Array, Flags
from audio.drift.shuffles import Chance, Measure, Sides
from audio.drift.units import Units

SHARES = (0.25, 0.5, 0.75, 1.0)
TRIALS = 100
ENOUGH = 0.8
CORNER = 1 / 3  # of all units


@dataclass(frozen=True)
class Reach:
    """How often a take-over would have been seen.

    In it a share of the window's units comes from one corner of the music at hand: the third
    of all units nearest to one of them. `powers` has the chance of an alarm for each of
    `shares`; `smallest` is the least share seen four times out of five, None if none is.
    """

    shares: tuple[float, ...]
    powers: tuple[float, ...]
    smallest: float | None

    @property
    def sentence(self) -> str:
        """Say it in plain words."""
        if self.smallest is None:
            return (
                "With so few units not even a window from a single third of the music would be"
                f" noticed reliably ({self.powers[-1]:.0%} of the time)."
            )
        share = "all" if self.smallest == 1 else f"{self.smallest:.0%}"
        return (
            "It would be noticed four times out of five if a single third of the music made up"
            f" {share} of the window."
        )


def reach(
    measures: Sequence[Measure], found: Chance, units: Units, *, alpha: float, seed: int = 0
) -> Reach:
    """Simulate take-overs among the units at hand.

    The threshold is that of the shuffles already made; where `alpha` is smaller than they can
    show, it is carried on from the smallest that they can (in proportion, so roughly).

    Parameters
    ----------
    measures : sequence of Measure
    found : Chance
        What shuffling said of them.
    units : Units
        Of both sides.
    alpha : float
        The rate of false alarms, 0..1.
    seed : int
    """
    threshold = _threshold(found, alpha)
    places, generator = _places(units), np.random.default_rng(seed)
    powers = []
    for share in SHARES:
        sides = _takeovers(places, units.window, share, generator)
        distances = np.array([measure.distances(sides) for measure in measures])
        powers.append(float(np.mean(found.surprise(distances).min(axis=0) <= threshold)))
    enough = [share for share, power in zip(SHARES, powers, strict=True) if power >= ENOUGH]
    return Reach(SHARES, tuple(powers), enough[0] if enough else None)


def _threshold(found: Chance, alpha: float) -> float:
    """The surprise at which shuffled units give an alarm, at this rate; 0 is never."""
    least = found.surprise(found.distances).min(axis=0)
    visible = max(alpha, min(0.05, 10 / len(least)))
    surprise = float(np.quantile(least, visible))
    return surprise * alpha / visible if surprise < 1 else 0.0


def _places(units: Units) -> Array:
    """Where each unit lies, [units, any], every group weighing the same."""
    groups = [normal_scores(group.values) for group in units.numbers.values()]
    groups += [group.values - group.values.mean(axis=0) for group in units.shares.values()]
    lengths = [np.sqrt((group**2).sum(axis=1).mean()) for group in groups]
    return np.hstack(
        [group / max(length, 1e-12) for group, length in zip(groups, lengths, strict=True)]
    )


def _takeovers(
    places: Array, window: Flags, share: float, generator: np.random.Generator
) -> Sides:
    """Windows of which a share is drawn from one corner, [units, trials]."""
    n, size = len(window), int(window.sum())
    sides = np.zeros((n, TRIALS), np.float32)
    for trial in range(TRIALS):
        centre = places[generator.integers(n)]
        nearest = np.argsort(((places - centre) ** 2).sum(axis=1))
        corner = nearest[: max(1, round(CORNER * n))]
        taken = generator.permutation(corner)[: round(share * size)]
        others = np.setdiff1d(np.arange(n), taken)
        sides[taken, trial] = 1
        sides[generator.permutation(others)[: size - len(taken)], trial] = 1
    return sides
