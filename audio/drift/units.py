"""Songs averaged to the units that are compared: as many songs on one side as on the other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from audio.drift.rows import Array, Flags, Indices, Numbers, Rows, units_in

RARE = 10  # units in a stratum; smaller ones join their neighbour
LARGEST = 3  # strata of 1, 2-3, 4-7, and 8 songs or more


@dataclass(frozen=True, eq=False)
class Means:
    """A group of figures of units: `values` [units, columns], and the columns' names if any."""

    values: Array
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Units:
    """The songs of both sides averaged to units: reference first, then the window.

    `window` flags the units of the window; `strata` says which may be compared, being of like
    size; `numbers` are their means, NaN where nothing is known; `shares`, named by labels, how
    the labels of each are shared out; `inverse` is the unit of each row of the window.
    """

    window: Flags
    strata: Indices
    numbers: dict[str, Means]
    shares: dict[str, Means]
    inverse: Indices


def units_of(reference: Rows, window: Rows, seed: int = 0) -> Units:
    """Average songs to units, on either side.

    The mean of many songs varies less than one song, which alone would look like drift where a
    window has an artist's newest song and the reference all those before. So a unit is the mean
    of some of its songs only, as many as units of like size have on the other side.

    A unit with songs on both sides is a unit on each: they are alike, which only makes a test
    more careful. Groups that only one side has are left out.

    Raises
    ------
    ValueError
        If a group has other columns on one side than on the other.
    """
    before, after = units_in(reference.clusters)[1], units_in(window.clusters)[1]
    after = after + _count(before)
    inverse = np.concatenate([before, after])
    songs = np.zeros(_count(inverse), np.int64)
    songs[inverse] = _library(reference, window)
    flags = np.arange(len(songs)) >= _count(before)
    strata = strata_by_songs(songs)
    kept = _kept(inverse, flags, strata, seed)
    return Units(
        window=flags,
        strata=strata,
        numbers={
            name: _numbers(reference.numbers[name], window.numbers[name], inverse, kept)
            for name in reference.numbers.keys() & window.numbers.keys()
        },
        shares={
            name: _shares([*reference.labels[name], *window.labels[name]], inverse, kept)
            for name in reference.labels.keys() & window.labels.keys()
        },
        inverse=after,
    )


def strata_by_songs(songs: npt.NDArray[np.int64]) -> Indices:
    """Put units with about as many songs together: [units].

    Who has more songs is likelier to have one in a window, and has other music (there are more
    artists with one song in some genres than in others): only artists of like size are shuffled.
    """
    strata = np.minimum(np.log2(np.maximum(songs, 1)).astype(np.intp), LARGEST)
    for stratum in range(LARGEST, 0, -1):
        if np.sum(strata == stratum) < RARE:
            strata[strata == stratum] = stratum - 1
    if 0 < np.sum(strata == 0) < RARE and (strata > 0).any():
        strata[strata == 0] = strata[strata > 0].min()
    return strata


def _numbers(before: Numbers, after: Numbers, inverse: Indices, kept: Flags) -> Means:
    if before.values.shape[1] != after.values.shape[1] or before.names != after.names:
        raise ValueError("A group of numbers has other columns on one side than on the other.")
    both = np.concatenate([before.values, after.values]).astype(np.float64)
    return Means(_averages(both[kept], inverse[kept]), before.names)


def _shares(labels: Sequence[str], inverse: Indices, kept: Flags) -> Means:
    given = np.array(labels, dtype=str)[:, None]
    names = np.unique(given[given != ""])
    hits = np.where(given == "", np.nan, (given == names).astype(np.float64))
    return Means(np.nan_to_num(_averages(hits[kept], inverse[kept])), tuple(names.tolist()))


def _kept(inverse: Indices, window: Flags, strata: Indices, seed: int) -> Flags:
    """Flag the rows that are averaged: of each unit some, drawn by lot."""
    counts = np.bincount(inverse, minlength=len(window))
    most = counts.copy()
    for stratum in np.unique(strata):
        new = np.flatnonzero((strata == stratum) & window)
        old = np.flatnonzero((strata == stratum) & ~window)
        most[new] = np.minimum(counts[new], _like(counts[new], counts[old]))
        most[old] = np.minimum(counts[old], _like(counts[old], counts[new]))
    lots = np.random.default_rng(seed).permutation(len(inverse))
    order = np.lexsort((lots, inverse))
    starts = np.cumsum(counts) - counts
    kept = np.empty(len(inverse), bool)
    kept[order] = np.arange(len(inverse)) - starts[inverse[order]] < most[inverse[order]]
    return kept


def _like(counts: Indices, others: Indices) -> Indices:
    """For each count, the one of the same rank on the other side."""
    if not len(counts) or not len(others):
        return counts
    ranks = (rankdata(counts, method="ordinal") - 0.5) / len(counts)
    return np.asarray(np.quantile(others, ranks, method="inverted_cdf"), np.intp)


def _count(inverse: Indices) -> int:
    return int(inverse.max(initial=-1)) + 1


def _library(reference: Rows, window: Rows) -> npt.NDArray[np.int64]:
    """How many songs the unit of each row has, both sides together."""
    if reference.library is not None and window.library is not None:
        return np.concatenate([reference.library, window.library]).astype(np.int64)
    _, inverse, counts = units_in([*reference.clusters, *window.clusters])
    return counts[inverse].astype(np.int64)


def _averages(values: Array, inverse: Indices) -> Array:
    """Mean of the finite values of each unit's rows; NaN where there is none."""
    if not len(inverse):
        return values
    order = np.argsort(inverse, kind="stable")
    starts = np.flatnonzero(np.diff(inverse[order], prepend=-1))
    known = np.isfinite(values[order])
    sums = np.add.reduceat(np.where(known, values[order], 0.0), starts, axis=0)
    counts = np.add.reduceat(known.astype(np.float64), starts, axis=0)
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan))
