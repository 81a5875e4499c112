"""Train all heads and write them as an artefact: arrays, an ONNX forest, and their particulars."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

import numpy as np
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import ExtraTreesClassifier

from audio import genre_facts
from audio.features import FEATURES
from audio.genre_heads import Linear
from training import behaviour, heads, scores
from training.heads import Recipe, Songs
from training.settings import Settings
from training.table import Table

VERSION = "2"  # of this code; what was learnt from adds eight letters
OPSETS = {"": 18, "ai.onnx.ml": 3}
PACKAGES = ("scikit-learn", "skl2onnx", "onnx", "numpy", "scipy")
FEWEST = 5  # songs of a genre

Progress = Callable[[str], None]


def train(
    table: Table, folder: Path, settings: Settings, say: Progress = lambda line: None
) -> dict[str, dict[str, Any]]:
    """Train every head that the table has columns for, and write the artefact into a folder.

    Deterministic: the same table, settings and packages give the same bytes. What each head
    scores is written beside it: cross-validated by artist, and at random only to show how much
    that flatters. Everything that is fitted, calibration too, is fitted without the fold it is
    scored on.

    Returns
    -------
    dict
        The particulars of each head, as written to its JSON.

    Raises
    ------
    ValueError
        If there are fewer than two genres, or fewer than five songs of one.
    """
    classes = _classes(table)
    _clear(folder)
    written = {}
    for recipe in heads.recipes(table):
        given = heads.songs(recipe, table, classes)
        say(f"{recipe.name}: training on {len(table.songs)} songs")
        head = heads.fit(recipe, given, settings)
        particulars = {
            "name": recipe.name,
            "version": version(table, settings),
            "labels": classes,
            **_made_from(recipe, table, settings),
            "pool": dict(zip(recipe.experts, head.pool.tolist(), strict=True)),
            **measured(recipe, given, table, settings, say),
        }
        _save(recipe.name, ".npz", folder, head.linear)
        if head.opinions.trees is not None:
            _save_trees(recipe.name, folder, head.opinions.trees)
        _write(genre_facts.path(recipe.name, ".json", folder), particulars)
        written[recipe.name] = particulars
    digests = "\n".join(sorted(table.digests()))
    (folder / genre_facts.ROWS).write_text(digests + "\n", encoding="utf-8")
    behaviour.keep_what_holds(folder)
    return written


def version(table: Table, settings: Settings) -> str:
    """Name what was learnt from: other songs or settings, another version."""
    parts = (table.sha256, table.embeddings_sha256, json.dumps(asdict(settings), sort_keys=True))
    return f"{VERSION}-{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:8]}"


def measured(
    recipe: Recipe, given: Songs, table: Table, settings: Settings, say: Progress
) -> dict[str, Any]:
    """Score a head in folds by artist, the honest way, and at random, the usual one."""
    classes = _classes(table)
    runs = []
    for repeat in range(settings.repeats):
        say(f"{recipe.name}: folds by artist, {repeat + 1} of {settings.repeats}")
        folds = heads.by_artist(given, settings.folds, settings.seed + repeat)
        runs.append(heads.predicted(recipe, given, settings, folds))
    folds = heads.at_random(given, settings.folds, settings.seed)
    leaky = heads.predicted(recipe, given, settings, folds)
    honest = runs[0]
    hits = scores.right(honest, table.labels, classes)
    every = [scores.score(run, table.labels, table.artists, classes) for run in runs]
    return {
        "by_artist": every[0],
        "by_artist_repeated": {
            name: [score[name] for score in every]
            for name in ("accuracy", "calibration_error", "log_loss")
        },
        "random_split_leaky": scores.score(leaky, table.labels, table.artists, classes),
        "confusion": scores.confusion(honest, table.labels, classes),
        "reliability": scores.reliability(honest, hits),
        "sure": scores.sure(honest, hits),
    }


def _classes(table: Table) -> list[str]:
    classes, songs = np.unique(table.labels, return_counts=True)
    if len(classes) < 2 or songs.min() < FEWEST:
        raise ValueError(
            f"Training takes two genres or more, with {FEWEST} songs each; there are: "
            + ", ".join(f"{name} {count}" for name, count in zip(classes, songs, strict=True))
            + "."
        )
    names: list[str] = classes.tolist()
    return names


def _made_from(recipe: Recipe, table: Table, settings: Settings) -> dict[str, Any]:
    return {
        "hears": list(recipe.hears),
        "features": list(FEATURES) if "features" in recipe.hears else [],
        "songs": len(table.songs),
        "artists": len(set(table.artists)),
        "table_sha256": table.sha256,
        "embeddings_sha256": table.embeddings_sha256 if "convnet" in recipe.hears else "",
        "settings": asdict(settings),
        "packages": {name: metadata.version(name) for name in PACKAGES},
    }


def _clear(folder: Path) -> None:
    """Leave no file of an artefact that was there before: they would not belong together."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [
        genre_facts.path(name, suffix, folder)
        for name in genre_facts.NAMES
        for suffix in (".json", ".npz", ".onnx")
    ]
    for file in (*names, folder / genre_facts.ROWS):
        file.unlink(missing_ok=True)


def _save(name: str, suffix: str, folder: Path, linear: Linear) -> None:
    """Write an NPZ whose bytes depend on nothing but the arrays (numpy's hold the time)."""
    with ZipFile(genre_facts.path(name, suffix, folder), "w") as archive:
        for part in ("mean", "scale", "weights", "bias"):
            with archive.open(ZipInfo(f"{part}.npy"), "w") as file:
                np.lib.format.write_array(file, getattr(linear, part), allow_pickle=False)


def _save_trees(name: str, folder: Path, trees: ExtraTreesClassifier) -> None:
    model = to_onnx(
        trees,
        initial_types=[("features", FloatTensorType([None, len(FEATURES)]))],
        options={"zipmap": False},
        target_opset=OPSETS,
    )
    content = model.SerializeToString(deterministic=True)
    genre_facts.path(name, ".onnx", folder).write_bytes(content)


def _write(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
