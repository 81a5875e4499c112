"""How good probabilities are: accuracy with its uncertainty, and calibration."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Probabilities = npt.NDArray[np.floating]
Labels = npt.NDArray[np.str_]

BINS = 10
DRAWS = 2000


def right(
    probabilities: Probabilities, labels: Labels, classes: Sequence[str]
) -> npt.NDArray[np.bool_]:
    """Say for each row whether its most probable class is its label."""
    return np.asarray(np.asarray(classes)[probabilities.argmax(axis=1)] == labels)


def accuracy_interval(
    hits: npt.NDArray[np.bool_], groups: Labels, *, seed: int = 0
) -> tuple[float, float, float]:
    """Accuracy and its 95 % interval, by a bootstrap that draws whole groups (artists).

    Songs of one artist stand or fall together, so drawing single songs would promise too much.
    """
    _, member = np.unique(groups, return_inverse=True)
    hit = np.bincount(member, weights=hits)
    size = np.bincount(member)
    drawn = np.random.default_rng(seed).integers(0, len(size), (DRAWS, len(size)))
    low, high = np.quantile(hit[drawn].sum(axis=1) / size[drawn].sum(axis=1), (0.025, 0.975))
    return float(hits.mean()), float(low), float(high)


def calibration_error(probabilities: Probabilities, hits: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error: mean |confidence - accuracy| over ten bins of confidence."""
    confidence = probabilities.max(axis=1)
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, weights=confidence - hits, minlength=BINS)
    return float(np.abs(gaps).sum() / len(hits))


def log_loss(probabilities: Probabilities, labels: Labels, classes: Sequence[str]) -> float:
    """Mean negative log probability of the true class, in nats."""
    column = np.searchsorted(np.asarray(classes), labels)
    return float(-np.log(probabilities[np.arange(len(labels)), column]).mean())
