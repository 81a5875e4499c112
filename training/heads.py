"""Fit genre heads and score them: experts, pooled with weights that unheard artists decide."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from audio.genre_facts import CONVNET, ENSEMBLE, FOREST
from audio.genre_heads import Linear, described, heard, softmax
from training import experts
from training.experts import Lessons, Matrix, Whole
from training.settings import Settings
from training.table import EMBEDDING, Table

LIGHTEST, HEAVIEST = 1e-3, 10.0  # of an expert's weight in the pool

Split = tuple[Whole, Whole]


@dataclass(frozen=True)
class Recipe:
    """What a head hears, in the order of its columns, and which experts it asks.

    Two linear experts judge by all columns; two more by the first `alone` of them only, where
    that is not 0; the trees by all.
    """

    name: str
    hears: tuple[str, ...]
    alone: int = 0
    trees: bool = False

    @property
    def experts(self) -> tuple[str, ...]:
        """The names of its experts."""
        names = ["discriminant", "regression"]
        if self.alone:
            names += [f"{name}, {self.hears[0]} alone" for name in names]
        return (*names, *(["trees"] if self.trees else []))

    def rows(self, table: Table) -> Matrix:
        """The columns this head hears [songs, d]."""
        parts = []
        for name in self.hears:
            if name == "convnet":
                assert table.embeddings is not None
                parts.append(heard(table.embeddings))
            else:
                parts.append(described(table.features))
        return np.hstack(parts)


RECIPES = (
    Recipe(FOREST, ("features",), trees=True),
    Recipe(CONVNET, ("convnet",)),
    Recipe(ENSEMBLE, ("convnet", "features"), alone=EMBEDDING),
)


def recipes(table: Table) -> tuple[Recipe, ...]:
    """The heads that a table has the columns for."""
    deaf = table.embeddings is None
    return tuple(recipe for recipe in RECIPES if not (deaf and "convnet" in recipe.hears))


@dataclass(frozen=True, eq=False)
class Songs:
    """What heads are trained on: rows [n, d], genres [n] as numbers, artists [n]."""

    rows: Matrix
    genres: Whole
    artists: npt.NDArray[np.str_]
    classes: int

    def only(self, chosen: Whole) -> "Songs":
        """Some of the songs."""
        return Songs(self.rows[chosen], self.genres[chosen], self.artists[chosen], self.classes)

    def lessons(self, settings: Settings) -> Lessons:
        """The same, weighed by artist."""
        weights = experts.artist_weights(self.artists, settings.artist_weight)
        return Lessons(self.rows, self.genres, weights, self.classes)


@dataclass(frozen=True, eq=False)
class Opinions:
    """The experts of one head, trained on the same songs; the linear ones standardise alike."""

    linears: tuple[Linear, ...]
    trees: ExtraTreesClassifier | None

    def logits(self, rows: Matrix) -> Matrix:
        """What each says [experts, n, classes]."""
        said = [linear(rows) for linear in self.linears]
        if self.trees is not None:
            said.append(experts.forest_logits(self.trees, rows, said[0].shape[1]))
        return np.array(said)


@dataclass(frozen=True, eq=False)
class Head:
    """A fitted head: its experts and the weight of each in the pool."""

    opinions: Opinions
    pool: Matrix

    def probabilities(self, rows: Matrix) -> npt.NDArray[np.float32]:
        """Probabilities [n, classes] of rows [n, d]."""
        return softmax(np.tensordot(self.pool, self.opinions.logits(rows), 1))

    @property
    def linear(self) -> Linear:
        """Its linear experts as one: weighted sums of linear maps are linear."""
        linears = self.opinions.linears
        shares = self.pool[: len(linears)]
        return Linear(
            linears[0].mean,
            linears[0].scale,
            np.tensordot(shares, np.array([linear.weights for linear in linears]), 1),
            np.tensordot(shares, np.array([linear.bias for linear in linears]), 1),
        )


def songs(recipe: Recipe, table: Table, classes: list[str]) -> Songs:
    """A table as one head is trained on it."""
    genres = np.searchsorted(classes, table.labels)
    return Songs(recipe.rows(table), genres, table.artists, len(classes))


def fit(recipe: Recipe, given: Songs, settings: Settings) -> Head:
    """Train the experts on all songs, and weigh them by what they say of unheard artists."""
    unseen = np.zeros((len(recipe.experts), len(given.genres), given.classes))
    for known, new in by_artist(given, settings.pool_folds, settings.seed):
        opinions = _opinions(recipe, given.only(known), settings)
        unseen[:, new] = opinions.logits(given.rows[new])
    return Head(_opinions(recipe, given, settings), _pool(unseen, given.genres))


def predicted(
    recipe: Recipe, given: Songs, settings: Settings, splits: Iterator[Split]
) -> npt.NDArray[np.float32]:
    """Probabilities of each song from a head that was trained, pool and all, without its fold."""
    out = np.zeros((len(given.genres), given.classes), np.float32)
    for known, new in splits:
        head = fit(recipe, given.only(known), settings)
        out[new] = head.probabilities(given.rows[new])
    return out


def by_artist(given: Songs, folds: int, seed: int) -> Iterator[Split]:
    """Folds in which no artist is on both sides; fewer where there are too few songs."""
    most = min(folds, len(set(given.artists)), np.bincount(given.genres).max())
    drawn = StratifiedGroupKFold(most, shuffle=True, random_state=seed)
    splits: Iterator[Split] = drawn.split(given.rows, given.genres, given.artists)
    return splits


def at_random(given: Songs, folds: int, seed: int) -> Iterator[Split]:
    """Folds as they are commonly drawn: songs of one artist on both sides."""
    most = min(folds, np.bincount(given.genres).max())
    drawn = StratifiedKFold(most, shuffle=True, random_state=seed)
    splits: Iterator[Split] = drawn.split(given.rows, given.genres)
    return splits


def _opinions(recipe: Recipe, given: Songs, settings: Settings) -> Opinions:
    lessons = given.lessons(settings)
    linears = [experts.discriminant(lessons), experts.regression(lessons, settings)]
    if recipe.alone:
        part = replace(lessons, rows=lessons.rows[:, : recipe.alone])
        few = (experts.discriminant(part), experts.regression(part, settings))
        linears += [_widened(expert, linears[0]) for expert in few]
    trees = experts.forest(lessons, settings) if recipe.trees else None
    return Opinions(tuple(linears), trees)


def _widened(few: Linear, all_columns: Linear) -> Linear:
    """An expert on the first columns as one on all: the others do not matter to it."""
    weights = np.zeros_like(all_columns.weights)
    weights[: len(few.weights)] = few.weights
    return Linear(all_columns.mean, all_columns.scale, weights, few.bias)


def _pool(unseen: Matrix, genres: Whole) -> Matrix:
    """Find the weights under which the true genres of unheard artists surprise least.

    Few numbers for many songs, so little can be learnt by heart; they calibrate as well.
    """

    def surprise(logs: Matrix) -> float:
        logits = np.tensordot(np.exp(logs), unseen, 1)
        logits = logits - logits.max(axis=1, keepdims=True)
        true = logits[np.arange(len(genres)), genres]
        return float(np.mean(np.log(np.exp(logits).sum(axis=1)) - true))

    bounds = [tuple(np.log((LIGHTEST, HEAVIEST)))] * len(unseen)
    start: Any = np.log(np.full(len(unseen), 0.5))
    best = minimize(surprise, start, method="L-BFGS-B", bounds=bounds)
    pool: Matrix = np.round(np.exp(best.x), 4)
    return pool
