"""The experts a genre head is pooled from: discriminant analysis, regression, a forest."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.covariance import ledoit_wolf
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression

from audio.genre_heads import Linear, log_votes, standardised
from training.settings import Settings

ABSENT = -10.0  # the logit of a genre that an expert has never met
FLAT = 1e-9  # spread below which a column counts as constant

Matrix = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Lessons:
    """What an expert learns from: rows float64 [n, d], genres [n] as numbers, weights [n]."""

    rows: Matrix
    genres: Whole
    weights: Matrix
    classes: int

    @property
    def met(self) -> Whole:
        """The genres that occur."""
        return np.unique(self.genres)


def artist_weights(artists: npt.NDArray[np.str_], power: float) -> Matrix:
    """Let a song weigh less the more songs of its artist there are; 1 in the mean."""
    _, member, songs = np.unique(artists, return_inverse=True, return_counts=True)
    weights = songs[member].astype(np.float64) ** -power
    return np.asarray(weights / weights.mean())


def discriminant(lessons: Lessons) -> Linear:
    """Linear discriminant analysis with a shrunk covariance and all genres equally likely.

    The shrinkage is that of Ledoit and Wolf (2004): a formula, so there is nothing to tune.
    """
    mean, scale, rows = _standard(lessons.rows)
    met = lessons.met
    centres = np.array(
        [
            np.average(rows[lessons.genres == k], 0, lessons.weights[lessons.genres == k])
            for k in met
        ]
    )
    rest = rows - centres[np.searchsorted(met, lessons.genres)]
    covariance, _ = ledoit_wolf(rest * np.sqrt(lessons.weights)[:, None], assume_centered=True)
    slopes = np.linalg.solve(covariance, centres.T)
    return _linear(lessons, mean, scale, slopes, -0.5 * np.sum(centres.T * slopes, axis=0))


def regression(lessons: Lessons, settings: Settings) -> Linear:
    """Multinomial logistic regression with a quadratic penalty, genres balanced."""
    mean, scale, rows = _standard(lessons.rows)
    fitted = LogisticRegression(C=settings.regression, max_iter=1000, class_weight="balanced")
    fitted.fit(rows, lessons.genres, sample_weight=lessons.weights)
    slopes, bias = fitted.coef_.T, fitted.intercept_
    if len(lessons.met) == 2:  # then it speaks of the second alone
        slopes, bias = np.hstack([-slopes, slopes]) / 2, np.hstack([-bias, bias]) / 2
    return _linear(lessons, mean, scale, slopes, bias)


def forest(lessons: Lessons, settings: Settings) -> ExtraTreesClassifier:
    """Extremely randomised trees (Geurts, Ernst, Wehenkel 2006), genres balanced."""
    trees = ExtraTreesClassifier(
        random_state=settings.seed, n_jobs=1, class_weight="balanced", **settings.trees
    )
    rows = lessons.rows.astype(np.float32)
    return trees.fit(rows, lessons.genres, sample_weight=lessons.weights)


def forest_logits(trees: ExtraTreesClassifier, rows: Matrix, classes: int) -> Matrix:
    """Logarithms of the shares of a forest [n, classes]."""
    shares = np.zeros((len(rows), classes))
    shares[:, trees.classes_] = trees.predict_proba(rows.astype(np.float32))
    return log_votes(shares)


def _standard(rows: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    scale = np.where(spread > FLAT, spread, 1.0)
    return mean, scale, standardised(rows, mean, scale)


def _linear(lessons: Lessons, mean: Matrix, scale: Matrix, slopes: Any, bias: Any) -> Linear:
    """Slopes [d, met] and bias [met] as a map to all genres, the met ones centred."""
    weights = np.zeros((len(mean), lessons.classes))
    offsets = np.full(lessons.classes, ABSENT)
    weights[:, lessons.met] = slopes - slopes.mean(axis=1, keepdims=True)
    offsets[lessons.met] = bias - bias.mean()
    return Linear(mean, scale, weights, offsets)
