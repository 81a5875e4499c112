"""Train the genre forest, score it honestly, and write it as ONNX with its particulars."""

import json
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict

from audio.features import FEATURES, level_free
from audio.genre import GenreForest, tempered
from training import scores
from training.table import Table

VERSION = "1"
FOLDS = 5
SEED = 0
TREES = {"n_estimators": 120, "max_depth": 9, "min_samples_leaf": 2, "max_features": 20}
OPSETS = {"": 18, "ai.onnx.ml": 3}
PACKAGES = ("scikit-learn", "skl2onnx", "onnx", "numpy")


@dataclass(frozen=True)
class Score:
    """Accuracy (0..1) with its 95 % interval, and what the confidences are worth."""

    accuracy: float
    low: float
    high: float
    calibration_error: float
    log_loss: float


def train(table: Table, folder: Path) -> dict[str, object]:
    """Train on every row of the table and write `genre_forest.onnx` and `.json` into a folder.

    Deterministic: the same table and packages give the same bytes. The accuracy written down is
    that of cross-validation by artist; the one of a random split, where songs of one artist sit
    on both sides, stands beside it so that nobody mistakes it for the truth.

    Returns
    -------
    dict
        The particulars, as written to `genre_forest.json`.
    """
    rows = level_free(table.features).astype(np.float32)
    classes = np.unique(table.labels).tolist()
    by_artist = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
    at_random = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    honest = _unseen(rows, table.labels, by_artist, table.artists)
    leaky = _unseen(rows, table.labels, at_random, None)
    temperature = _temperature(honest, table, classes)
    particulars: dict[str, object] = {
        "name": "genre-forest",
        "version": VERSION,
        "labels": classes,
        "features": list(FEATURES),
        "temperature": temperature,
        "songs": len(table.songs),
        "table_sha256": table.sha256,
        "trees": TREES,
        "packages": {name: metadata.version(name) for name in PACKAGES},
        "by_artist": _rounded(_score(tempered(honest, temperature), table, classes)),
        "by_artist_uncalibrated": _rounded(_score(tempered(honest, 1.0), table, classes)),
        "random_split_leaky": _rounded(_score(tempered(leaky, temperature), table, classes)),
    }
    _write(folder, _forest().fit(rows, table.labels), particulars)
    return particulars


def evaluate(table: Table, model: GenreForest) -> dict[str, object]:
    """Score a finished model on the rows of a table."""
    probabilities = model.classify(table.features)
    return {
        "model": model.name,
        "version": model.version,
        "songs": len(table.songs),
        **_rounded(_score(probabilities, table, list(model.labels))),
    }


def _forest() -> ExtraTreesClassifier:
    return ExtraTreesClassifier(random_state=SEED, n_jobs=1, **TREES)


def _unseen(
    rows: npt.NDArray[np.float32],
    labels: scores.Labels,
    folds: StratifiedGroupKFold | StratifiedKFold,
    groups: scores.Labels | None,
) -> npt.NDArray[np.float64]:
    """Probabilities of each row from a forest that was trained without its fold."""
    return np.asarray(
        cross_val_predict(_forest(), rows, labels, groups=groups, cv=folds, method="predict_proba")
    )


def _temperature(
    probabilities: npt.NDArray[np.float64], table: Table, classes: list[str]
) -> float:
    """Find the temperature under which unseen artists' true genres are least surprising."""

    def surprise(log_temperature: float) -> float:
        cooled = tempered(probabilities, float(np.exp(log_temperature)))
        return scores.log_loss(cooled, table.labels, classes)

    best = minimize_scalar(surprise, bounds=(-2.0, 2.0), method="bounded")
    return round(float(np.exp(best.x)), 4)


def _score(probabilities: npt.NDArray[np.floating], table: Table, classes: list[str]) -> Score:
    hits = scores.right(probabilities, table.labels, classes)
    accuracy, low, high = scores.accuracy_interval(hits, table.artists)
    error = scores.calibration_error(probabilities, hits)
    return Score(accuracy, low, high, error, scores.log_loss(probabilities, table.labels, classes))


def _rounded(score: Score) -> dict[str, float]:
    return {name: round(value, 4) for name, value in vars(score).items()}


def _write(folder: Path, forest: ExtraTreesClassifier, particulars: dict[str, object]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    model = to_onnx(
        forest,
        initial_types=[("features", FloatTensorType([None, len(FEATURES)]))],
        options={"zipmap": False},
        target_opset=OPSETS,
    )
    (folder / "genre_forest.onnx").write_bytes(model.SerializeToString(deterministic=True))
    text = json.dumps(particulars, indent=2, ensure_ascii=False)
    (folder / "genre_forest.json").write_text(text + "\n", encoding="utf-8")
