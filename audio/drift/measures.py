"""How far apart two groups of units are: by kernel means, by single columns, by labels."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from scipy.stats import rankdata

from audio.drift.rows import Array, Flags, Rows
from audio.drift.shuffles import Sides

BANDWIDTHS = (0.25, 0.5, 1.0, 2.0)  # times the median squared distance
TOGETHER = 4  # columns; so many fit a processor's cache


class Cloud:
    """Maximum mean discrepancy of many columns at once.

        MMD^2 = mean k(w, w') + mean k(r, r') - 2 mean k(w, r)

    over pairs of different units, with k the mean of four Gaussian kernels around the median
    distance. Columns are ranked over both groups and given normal scores first, so that no
    scale and no outlier decides.

    Parameters
    ----------
    name : str
    values : np.ndarray [shape=(units, columns)]
        Means of units; NaN counts as the middle.

    References
    ----------
    Gretton et al., "A kernel two-sample test", JMLR 2012; several bandwidths as in Schrab et
    al., "MMD aggregated two-sample test", JMLR 2023, but as one mean kernel.
    """

    def __init__(self, name: str, values: Array) -> None:
        self.group, self.name = name, f"{name}: MMD"
        self._values = values
        self._scores = normal_scores(values)
        self._kernel = _Kernel(self._scores)
        self._matrix = self._kernel.of(self._scores, self._scores)
        np.fill_diagonal(self._matrix, 0.0)
        self._sums = self._matrix.sum(axis=1)

    def distances(self, sides: Sides) -> Array:
        """Return MMD^2 of each grouping; about 0 without drift, below as often as above."""
        count, n = sides.sum(axis=0).astype(np.float64), len(sides)
        within = np.einsum("ub,ub->b", sides, self._matrix @ sides).astype(np.float64)
        total = self._sums @ sides
        across, rest = total - within, float(self._sums.sum()) - 2 * total + within
        return np.asarray(
            within / _pairs(count) + rest / _pairs(n - count) - 2 * across / (count * (n - count))
        )

    def effect(self, window: Flags) -> float:
        """Return the distance of the two kernel means, 0 to about 1."""
        return float(np.sqrt(max(0.0, self.distances(_column(window))[0])))

    def pull(self, rows: Rows, window: Flags) -> Array:
        """Say how much each song is like the window and unlike the reference: [rows].

        The witness function of the MMD, mean k(x, w) - mean k(x, r).
        """
        values = rows.numbers[self.group].values.astype(np.float64)
        likeness = self._kernel.of(scored_like(values, self._values, self._scores), self._scores)
        return np.asarray(likeness[:, window].mean(axis=1) - likeness[:, ~window].mean(axis=1))


class Columns:
    """The largest Kolmogorov-Smirnov distance of any single column.

    Parameters
    ----------
    name : str
    values : np.ndarray [shape=(units, columns)]
        Means of units; NaN counts as the middle.
    """

    def __init__(self, name: str, values: Array) -> None:
        self.group, self.name = name, f"{name}: KS"
        self._values = values
        scores = normal_scores(values)
        self._orders = np.argsort(scores, axis=0, kind="stable")
        ranked = np.take_along_axis(scores, self._orders, axis=0)
        self._steps = np.concatenate(
            [np.diff(ranked, axis=0) > 0, np.zeros_like(ranked[:1], bool)]
        )

    def distances(self, sides: Sides) -> Array:
        """Return the largest distance of each grouping, 0 to 1."""
        return np.asarray(self.each(sides).max(axis=0, initial=0.0))

    def each(self, sides: Sides) -> Array:
        """Return the distance of each column in each grouping, [columns, groupings]."""
        count, n = sides.sum(axis=0), len(sides)
        gaps = sides - count / np.float32(n)
        out = np.empty((self._orders.shape[1], sides.shape[1]))
        for start in range(0, len(out), TOGETHER):
            some = slice(start, start + TOGETHER)
            sums = _running_sum(gaps[self._orders[:, some]])
            sums[~self._steps[:, some]] = 0.0
            out[some] = np.maximum(sums.max(axis=0), -sums.min(axis=0))
        out *= n / (count * (n - count))
        return out

    def effect(self, window: Flags) -> float:
        """Return the largest distance, 0 to 1."""
        return float(self.distances(_column(window))[0])

    def pull(self, rows: Rows, window: Flags) -> Array:
        """Say how far out each song lies on the side that the window moved to: [rows].

        Counted in the column that is furthest apart; a song without a value comes last.
        """
        best = int(self.each(_column(window))[:, 0].argmax())
        sign = np.sign(differences(self._values, window)[best])
        values = sign * rows.numbers[self.group].values[:, best].astype(np.float64)
        return np.where(np.isfinite(values), values, -np.inf)


class Labels:
    """The chi-squared distance of how labels are shared out.

        sum over labels (observed - expected)^2 / expected

    in units' shares, so its p is found by shuffling and not in a table.

    Parameters
    ----------
    name : str
    labels : tuple of str
    shares : np.ndarray [shape=(units, labels)]
        How the songs of each unit are shared out over labels; rows sum to 1, or 0 if unknown.
    """

    def __init__(self, name: str, labels: tuple[str, ...], shares: Array) -> None:
        self.group, self.name = name, f"{name}: labels"
        self._labels, self._shares = labels, shares
        self._total = shares.sum(axis=0)

    def distances(self, sides: Sides) -> Array:
        """Return the distance of each grouping, from 0."""
        seen = sides.T.astype(np.float64) @ self._shares
        expected = sides.sum(axis=0)[:, None] / len(sides) * self._total
        return np.asarray(np.sum((seen - expected) ** 2 / np.maximum(expected, 1e-12), axis=1))

    def effect(self, window: Flags) -> float:
        """Return Cohen's w: 0.1 is little, 0.3 some, 0.5 much."""
        return float(np.sqrt(self.distances(_column(window))[0] / max(1, window.sum())))

    def pull(self, rows: Rows, window: Flags) -> Array:
        """Say how much commoner than before the label of each song is: [rows]."""
        changes = self.changes(window)
        return np.array([changes.get(label, 0.0) for label in rows.labels[self.group]])

    def changes(self, window: Flags) -> dict[str, float]:
        """Return the share of each label in the window less that in the reference."""
        change = self._shares[window].mean(axis=0) - self._shares[~window].mean(axis=0)
        return dict(zip(self._labels, change.tolist(), strict=True))


def normal_scores(values: Array) -> Array:
    """Replace values by the normal quantiles of their ranks, column by column.

    Equal values get equal scores, so a constant column is 0; so is a NaN.
    """
    ranks = rankdata(values, axis=0, nan_policy="omit") if values.size else values
    known = np.isfinite(values).sum(axis=0)
    return np.asarray(np.nan_to_num(ndtri((ranks - 0.5) / np.maximum(known, 1))))


def scored_like(rows: Array, values: Array, scores: Array) -> Array:
    """Give other values the scores that they would have among those scored before."""
    out = np.zeros(rows.shape)
    for column in range(rows.shape[1]):
        known = np.isfinite(values[:, column])
        order = np.argsort(values[known, column])
        if known.any():
            out[:, column] = np.interp(
                rows[:, column], values[known, column][order], scores[known, column][order]
            )
    return np.asarray(np.where(np.isfinite(rows), out, 0.0))


def differences(values: Array, window: Flags) -> Array:
    """Standardised difference of each column, window less reference, in spreads: [columns].

    The spread is the standard deviation of units on one side, both sides pooled; 0 where a
    column does not vary or is unknown.
    """
    window_mean, window_spread = _moments(values[window])
    reference_mean, reference_spread = _moments(values[~window])
    spread = np.sqrt((window_spread**2 + reference_spread**2) / 2)
    size = np.maximum(np.abs(window_mean), np.abs(reference_mean))
    safe = np.where(spread > 1e-9 * size, spread, np.inf)
    return np.asarray(np.nan_to_num((window_mean - reference_mean) / safe))


def false_discovery(p: Sequence[float] | Array) -> Array:
    """Return Benjamini and Hochberg's q for each p: alarms at q <= a are false at a rate of a.

    References
    ----------
    Benjamini, Hochberg, "Controlling the false discovery rate", JRSS B 1995.
    """
    values = np.asarray(p, np.float64)
    order = np.argsort(values)[::-1]
    ranked = values[order] * len(values) / np.arange(len(values), 0, -1)
    q = np.empty_like(values)
    q[order] = np.minimum(1.0, np.minimum.accumulate(ranked))
    return q


class _Kernel:
    def __init__(self, scores: Array) -> None:
        squares = _squares(scores, scores)[np.triu_indices(len(scores), 1)]
        middle = float(np.median(squares)) if squares.size else 0.0
        self._middle = middle or float(squares.mean() if squares.size else 0.0) or 1.0

    def of(self, left: Array, right: Array) -> npt.NDArray[np.float32]:
        """Kernel of each pair, [left, right], 0..1."""
        squares = _squares(left, right) / self._middle
        kernels = sum(np.exp(-squares / width) for width in BANDWIDTHS)
        return np.asarray(kernels / len(BANDWIDTHS), np.float32)


def _squares(left: Array, right: Array) -> Array:
    norms = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1)
    return np.asarray(np.maximum(norms - 2 * left @ right.T, 0.0))


def _running_sum(values: Sides) -> Sides:
    """Sum along the first axis, in place; several times as fast as numpy's."""
    for place in range(1, len(values)):
        np.add(values[place], values[place - 1], out=values[place])
    return values


def _pairs(count: npt.NDArray[np.float64]) -> Array:
    return np.asarray(np.maximum(count * (count - 1), 1.0))


def _column(window: Flags) -> Sides:
    return np.asarray(window[:, None], np.float32)


def _moments(values: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of the known values of each column; 0 where there is none."""
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, values, 0.0)
    mean = filled.sum(axis=0) / count
    return mean, np.sqrt(np.where(known, (filled - mean) ** 2, 0.0).sum(axis=0) / count)
