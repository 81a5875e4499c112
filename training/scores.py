"""How good probabilities are: accuracy with its uncertainty, and calibration."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from audio.accuracy import BINS, calibration_error

Probabilities = npt.NDArray[np.floating]
Labels = npt.NDArray[np.str_]

DRAWS = 2000
LEAST = 1e-7  # a probability of zero is not infinitely wrong
CONFIDENCES = (0.3, 0.5, 0.7, 0.9)


def score(
    probabilities: Probabilities, labels: Labels, artists: Labels, classes: Sequence[str]
) -> dict[str, float]:
    """Accuracy with its 95 % interval, calibration error (both 0..1), and log loss (nats)."""
    hits = right(probabilities, labels, classes)
    accuracy, low, high = accuracy_interval(hits, artists)
    figures = {
        "accuracy": accuracy,
        "low": low,
        "high": high,
        "calibration_error": calibration_error(probabilities.max(axis=1), hits),
        "log_loss": log_loss(probabilities, labels, classes),
    }
    return {name: round(figure, 4) for name, figure in figures.items()}


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


def reliability(
    probabilities: Probabilities, hits: npt.NDArray[np.bool_]
) -> list[dict[str, float]]:
    """Mean confidence beside accuracy in each bin of confidence that has songs in it."""
    confidence, bins = _binned(probabilities)
    return [
        {
            "low": number / BINS,
            "high": (number + 1) / BINS,
            "songs": int((bins == number).sum()),
            "confidence": round(float(confidence[bins == number].mean()), 4),
            "accuracy": round(float(hits[bins == number].mean()), 4),
        }
        for number in range(BINS)
        if (bins == number).any()
    ]


def sure(probabilities: Probabilities, hits: npt.NDArray[np.bool_]) -> list[dict[str, float]]:
    """What share of the songs is told with at least a confidence, and how often that is right."""
    told = [(level, probabilities.max(axis=1) >= level) for level in CONFIDENCES]
    return [
        {
            "confidence": level,
            "share": round(float(mask.mean()), 4),
            "accuracy": round(float(hits[mask].mean()), 4),
        }
        for level, mask in told
        if mask.any()
    ]


def confusion(
    probabilities: Probabilities, labels: Labels, classes: Sequence[str]
) -> list[list[int]]:
    """Count the songs of each true class (rows) by what was said (columns)."""
    counts = np.zeros((len(classes), len(classes)), int)
    np.add.at(counts, (_columns(labels, classes), probabilities.argmax(axis=1)), 1)
    rows: list[list[int]] = counts.tolist()
    return rows


def log_loss(probabilities: Probabilities, labels: Labels, classes: Sequence[str]) -> float:
    """Mean negative log probability of the true class, in nats."""
    true = probabilities[np.arange(len(labels)), _columns(labels, classes)]
    return float(-np.log(np.maximum(true, LEAST)).mean())


def _columns(labels: Labels, classes: Sequence[str]) -> npt.NDArray[Any]:
    return np.searchsorted(np.asarray(classes), labels)


def _binned(probabilities: Probabilities) -> tuple[Probabilities, npt.NDArray[Any]]:
    confidence = probabilities.max(axis=1)
    return confidence, np.minimum((confidence * BINS).astype(int), BINS - 1)
