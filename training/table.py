"""A table of songs with known genres: what the models learn from and are scored on."""

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from audio.features import FEATURES

EMBEDDING = 160
DIGITS = 8  # of a row's digest


@dataclass(frozen=True, eq=False)
class Table:
    """Songs with their features, genres and artists.

    `features` is float64 [songs, 57] in the order of `audio.features.FEATURES`; `embeddings` is
    float32 [songs, 160] or None. `artists` says who belongs together: a song without an artist
    is a group of its own. `sha256` is that of the files this was read from.
    """

    songs: tuple[str, ...]
    features: npt.NDArray[np.float64]
    labels: npt.NDArray[np.str_]
    artists: npt.NDArray[np.str_]
    sha256: str
    embeddings: npt.NDArray[np.float32] | None = None
    embeddings_sha256: str = ""

    def digests(self) -> list[str]:
        """A short mark of each song's features, to know it again without keeping it."""
        return [hashlib.sha256(row.tobytes()).hexdigest()[:DIGITS] for row in self.features]

    def only(self, keep: npt.NDArray[np.bool_]) -> "Table":
        """The songs that are marked [songs]."""
        embeddings = None if self.embeddings is None else self.embeddings[keep]
        songs = tuple(song for song, wanted in zip(self.songs, keep, strict=True) if wanted)
        return Table(
            songs, self.features[keep], self.labels[keep], self.artists[keep],
            self.sha256, embeddings, self.embeddings_sha256,
        )  # fmt: skip


def read(path: Path, embeddings: Path | None = None) -> Table:
    """Read a CSV with the columns label and the 57 features, and song and artist where it can.

    Parameters
    ----------
    path : Path
        The CSV; other columns do not matter.
    embeddings : Path, optional
        An NPY file [songs, 160] with a row for each of the CSV's.

    Raises
    ------
    ValueError
        If a column is missing, a value is no finite number, there are no rows, or the
        embeddings do not belong to them.
    """
    content = path.read_bytes()
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    missing = {"label", *FEATURES} - set(rows[0] if rows else ())
    if missing:
        raise ValueError(
            f"The table has no rows, or lacks the columns: {', '.join(sorted(missing))}."
        )
    songs = tuple(row.get("song") or f"row {number}" for number, row in enumerate(rows, start=1))
    return Table(
        songs=songs,
        features=_features(rows),
        labels=np.array([(row["label"] or "").strip() for row in rows]),
        artists=np.array(
            [
                (row.get("artist") or "").strip() or f"song {number} {song}"
                for number, (song, row) in enumerate(zip(songs, rows, strict=True))
            ]
        ),
        sha256=hashlib.sha256(content).hexdigest(),
        embeddings=_embeddings(embeddings, len(rows)) if embeddings else None,
        embeddings_sha256=hashlib.sha256(embeddings.read_bytes()).hexdigest()
        if embeddings
        else "",
    )


def write(table: Table, folder: Path) -> None:
    """Write songs.csv, and convnet.npy where there are embeddings, so that `read` reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "songs.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["song", "artist", *FEATURES, "label"])
        for song, artist, row, label in zip(
            table.songs, table.artists, table.features.tolist(), table.labels, strict=True
        ):
            writer.writerow([song, artist, *row, label])
    if table.embeddings is not None:
        np.save(folder / "convnet.npy", table.embeddings, allow_pickle=False)


def _features(rows: Sequence[dict[str, str]]) -> npt.NDArray[np.float64]:
    try:
        features = np.array([[float(row[name]) for name in FEATURES] for row in rows])
    except (TypeError, ValueError) as error:
        raise ValueError(f"The table holds a value that is no number: {error}.") from error
    if not np.isfinite(features).all():
        raise ValueError("The table holds a value that is not a finite number.")
    return features


def _embeddings(path: Path, songs: int) -> npt.NDArray[np.float32]:
    embeddings = np.load(path, allow_pickle=False)
    if embeddings.shape != (songs, EMBEDDING) or not np.isfinite(embeddings).all():
        raise ValueError(
            f"The embeddings are {list(embeddings.shape)}, or hold what is no finite number; "
            f"the table asks for {[songs, EMBEDDING]}."
        )
    return np.asarray(embeddings, np.float32)
