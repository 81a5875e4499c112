"""Made-up songs of three genres, and heads trained on them once."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from audio.features import FEATURES
from training import artefact, table
from training.settings import Settings

WriteTable = Callable[..., Path]


@pytest.fixture(scope="session")
def quick() -> Settings:
    """Few folds and few trees."""
    trees = {"n_estimators": 6, "max_depth": 5, "min_samples_leaf": 2, "max_features": 20}
    return Settings(0, 3, 2, 2, 0.25, 0.1, trees)


@pytest.fixture(scope="session")
def write_table() -> WriteTable:
    """Writes a table of made-up songs; further columns and values can be changed."""

    def write(path: Path, rows: int = 90, genres: str = "abc", **others: str) -> Path:
        random = np.random.default_rng(0)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ["song", "artist", *FEATURES, "label"])
            writer.writeheader()
            for number in range(rows):
                genre = number % len(genres)
                values = np.abs(random.normal(2 + genre, 1.0, len(FEATURES))) * 100
                artist = "" if number < 5 else f"artist {genre} {number % 10}"
                row = dict(zip(FEATURES, values.tolist(), strict=True))
                given = {"song": f"song {number}", "artist": artist, "label": genres[genre]}
                writer.writerow({**row, **given, **others})
        return path

    return write


@pytest.fixture(scope="session")
def embeddings() -> np.ndarray:
    """What a convnet might say of these songs."""
    random = np.random.default_rng(1)
    return (0.3 * (np.arange(90) % 3)[:, None] + random.normal(0, 0.5, (90, 160))).astype("f4")


@pytest.fixture(scope="session")
def files(write_table, embeddings, tmp_path_factory) -> tuple[Path, Path]:
    """The table and its embeddings, as files."""
    folder = tmp_path_factory.mktemp("songs")
    np.save(folder / "convnet.npy", embeddings)
    return write_table(folder / "songs.csv"), folder / "convnet.npy"


@pytest.fixture(scope="session")
def songs(files) -> table.Table:
    return table.read(*files)


@pytest.fixture(scope="session")
def trained(songs, quick, tmp_path_factory) -> Path:
    """An artefact of all three heads."""
    folder = tmp_path_factory.mktemp("artefact")
    artefact.train(songs, folder, quick)
    return folder
