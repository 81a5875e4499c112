"""A table of songs with known genres: what the forest learns from and is scored on."""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from audio.features import FEATURES


@dataclass(frozen=True, eq=False)
class Table:
    """Songs with their features, genres and artists.

    `features` is float64 [songs, 57] in the order of `audio.features.FEATURES`; `artists` says
    who belongs together: a song without an artist is a group of its own.
    """

    songs: tuple[str, ...]
    features: npt.NDArray[np.float64]
    labels: npt.NDArray[np.str_]
    artists: npt.NDArray[np.str_]
    sha256: str


def read(path: Path) -> Table:
    """Read a CSV with the columns song, artist, label and the 57 features.

    Raises
    ------
    ValueError
        If a column is missing, a value is no finite number, or there are no rows.
    """
    content = path.read_bytes()
    rows = list(csv.DictReader(content.decode("utf-8").splitlines()))
    missing = {"song", "artist", "label", *FEATURES} - set(rows[0] if rows else ())
    if missing:
        raise ValueError(
            f"The table has no rows, or lacks the columns: {', '.join(sorted(missing))}."
        )
    features = np.array([[float(row[name]) for name in FEATURES] for row in rows])
    if not np.isfinite(features).all():
        raise ValueError("The table holds a value that is not a finite number.")
    return Table(
        songs=tuple(row["song"] for row in rows),
        features=features,
        labels=np.array([row["label"] for row in rows]),
        artists=np.array([row["artist"].strip() or f"song {row['song']}" for row in rows]),
        sha256=hashlib.sha256(content).hexdigest(),
    )
