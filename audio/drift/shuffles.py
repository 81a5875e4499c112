"""Groupings of units that could as well have been, and what they say of the one that is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincc

from audio.drift.rows import Array, Flags, Indices, Rows

BLOCK = 1000  # groupings in memory at a time

Sides = npt.NDArray[np.float32]


class Measure(Protocol):
    """How far apart two groups of units are."""

    group: str
    name: str

    def distances(self, sides: Sides) -> Array:
        """Of each grouping [units, groupings], 1 in the window and 0 outside: [groupings]."""

    def effect(self, window: Flags) -> float:
        """Of one grouping, on a scale that does not grow with the units."""

    def pull(self, rows: Rows, window: Flags) -> Array:
        """How much each song speaks for the difference: [rows], any scale."""


@dataclass(frozen=True, eq=False)
class Chance:
    """What shuffling says: distances [measures, groupings], the first being the true one."""

    distances: Array

    @property
    def p(self) -> float:
        """How often shuffled units are at least as far apart as the true ones, by any measure.

        Each measure's distance is first brought to a common scale, its tail probability under
        a gamma distribution with the moments of all groupings; a grouping counts by its most
        surprising measure. The fit only weighs the measures against each other: the p is that
        of a permutation test, exact however bad the fit.
        """
        least = self.surprise(self.distances).min(axis=0)
        return float(np.mean(least <= least[0] * (1 + 1e-6)))

    @property
    def each(self) -> Array:
        """The p of each measure by itself, [measures]."""
        tolerance = 1e-6 * np.abs(self.distances).max(axis=1, keepdims=True)
        return np.asarray(np.mean(self.distances >= self.distances[:, :1] - tolerance, axis=1))

    def surprise(self, distances: Array) -> Array:
        """Tail probabilities of distances [measures, any] under the fitted gamma (Pearson III)."""
        mean = self.distances.mean(axis=1, keepdims=True)
        spread = self.distances.std(axis=1, keepdims=True)
        flat = spread <= 1e-6 * np.abs(self.distances).max(axis=1, keepdims=True)
        spread = np.where(flat, 1.0, spread)
        skew = np.mean(((self.distances - mean) / spread) ** 3, axis=1, keepdims=True)
        shape = 4 / np.maximum(skew, 0.05) ** 2
        tail = gammaincc(
            shape, np.maximum(shape + np.sqrt(shape) * (distances - mean) / spread, 0)
        )
        return np.asarray(np.where(flat, 1.0, tail))


def chance(
    measures: Sequence[Measure],
    window: Flags,
    strata: Indices,
    *,
    shuffles: int,
    seed: int,
) -> Chance:
    """Measure the true grouping and many shuffled ones.

    Parameters
    ----------
    measures : sequence of Measure
    window : np.ndarray of bool [shape=(units,)]
        The true grouping.
    strata : np.ndarray of int [shape=(units,)]
        Units change places only within a stratum.
    shuffles, seed : int
        How many groupings beside the true one, and which.
    """
    blocks = (
        np.array([measure.distances(sides) for measure in measures])
        for sides in _groupings(window, strata, shuffles, seed)
    )
    return Chance(np.concatenate(list(blocks), axis=1))


def _groupings(window: Flags, strata: Indices, shuffles: int, seed: int) -> Iterator[Sides]:
    generator = np.random.default_rng(seed)
    yield window[:, None].astype(np.float32)
    for start in range(0, shuffles, BLOCK):
        size = min(BLOCK, shuffles - start)
        sides = np.empty((size, len(window)), np.float32)
        for stratum in np.unique(strata):
            places = np.flatnonzero(strata == stratum)
            copies = np.tile(window[places].astype(np.float32), (size, 1))
            sides[:, places] = generator.permuted(copies, axis=1)
        yield np.ascontiguousarray(sides.T)
