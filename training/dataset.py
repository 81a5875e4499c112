"""A folder of folders, one for each genre, as a table: every song heard once."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from audio import convnet, io
from audio.clip import Clip
from audio.commands import SUFFIXES
from audio.errors import AudioError
from audio.features import SAMPLE_RATE, features
from training.table import Table

SECONDS = 30.0  # of a song, from its middle
LONGEST = 1200.0  # s that are looked at; the middle of a longer recording is that of these

Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class _Heard:
    song: str
    genre: str
    artist: str
    row: npt.NDArray[np.float64]
    embedding: npt.NDArray[np.float32] | None


def hear(folder: Path, say: Progress) -> Table:
    """Describe each song of a folder of folders.

    The artist is what the file's tags say; a song without one is a group of its own. Files that
    cannot be read are named and left out. The convnet is heard where its weights are.

    Raises
    ------
    ValueError
        If there is no song in it that can be read.
    """
    deaf = convnet.missing()
    if deaf:
        say(f"Without the convnet: {deaf}")
    found = list(_files(folder))
    heard = [
        one
        for path in tqdm(found, desc="hearing", disable=None)
        if (one := _describe(path, folder, say, with_convnet=not deaf))
    ]
    if not heard:
        raise ValueError(f"There is no song in the folders of “{folder}” that can be read.")
    rows = np.array([one.row for one in heard])
    embeddings = None if deaf else np.array([one.embedding for one in heard], np.float32)
    return Table(
        songs=tuple(one.song for one in heard),
        features=rows,
        labels=np.array([one.genre for one in heard]),
        artists=np.array([one.artist or f"song {one.song}" for one in heard]),
        sha256=hashlib.sha256(rows.tobytes()).hexdigest(),
        embeddings=embeddings,
        embeddings_sha256=""
        if embeddings is None
        else hashlib.sha256(embeddings.tobytes()).hexdigest(),
    )


def middle(path: Path) -> Clip:
    """Read 30 s from the middle of a song: mono, at 22,050 Hz; all of a shorter one."""
    kept: list[npt.NDArray[np.float32]] = []
    frames = 0
    for piece in io.blocks(path, sample_rate=SAMPLE_RATE, channels=1):
        kept.append(piece.samples)
        frames += piece.frames
        if frames >= LONGEST * SAMPLE_RATE:
            break
    samples = np.hstack(kept) if kept else np.zeros((1, 0), np.float32)
    wanted = round(SECONDS * SAMPLE_RATE)
    first = max(samples.shape[1] - wanted, 0) // 2
    return Clip(samples[:, first : first + wanted].copy(), SAMPLE_RATE)


def _files(folder: Path) -> Iterator[Path]:
    for genre in sorted(path for path in folder.iterdir() if path.is_dir()):
        for file in sorted(genre.rglob("*")):
            hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
            if file.suffix.lower() in SUFFIXES and file.is_file() and not hidden:
                yield file


def _describe(path: Path, folder: Path, say: Progress, *, with_convnet: bool) -> _Heard | None:
    """One song; None, and a sentence, where it cannot be read."""
    relative = path.relative_to(folder)
    try:
        clip = middle(path)
        row = features(clip)
        embedding = convnet.embedding(clip) if with_convnet else None
        artist = io.probe(path).artist.strip()
    except (AudioError, OSError) as error:
        say(f"Left out: {relative}: {error}")
        return None
    return _Heard(str(relative), relative.parts[0], artist, row, embedding)
