"""What is measured on: composed songs with known stems, excerpts with beats, whole recordings."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from audio import io
from audio.clip import Clip

STEMS = ("drums", "bass", "other")


@dataclass(frozen=True, eq=False)
class Composed:
    """A song rendered from a score: its stems as files, their levels (linear), its beats (s)."""

    name: str
    folder: Path
    levels: dict[str, float]
    beats: npt.NDArray[np.float64]

    def stem(self, name: str) -> Clip:
        """Read one stem [2, n] at 44.1 kHz."""
        return io.read(self.folder / f"{name}.ogg")

    def mix(self) -> Clip:
        """Add all stems up."""
        clips = [self.stem(name) for name in STEMS]
        return Clip(np.sum([clip.samples for clip in clips], axis=0), clips[0].sample_rate)


@dataclass(frozen=True, eq=False)
class Excerpt:
    """A recording whose beats (s) people have marked."""

    path: Path
    beats: npt.NDArray[np.float64]


def composed(data: Path) -> list[Composed]:
    """List the composed songs; FileNotFoundError where there are none."""
    songs = []
    for folder in sorted(path.parent for path in (data / "multitrack").glob("*/truth.json")):
        truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        songs.append(Composed(folder.name, folder, truth["rms"], np.array(truth["beats"])))
    if not songs:
        raise FileNotFoundError(f"There are no composed songs in {data / 'multitrack'}.")
    return songs


def write_mixes(songs: list[Composed], folder: Path) -> dict[str, Path]:
    """Write the mix of every song as a WAV and say where, by the songs' names."""
    paths = {song.name: folder / f"{song.name}.wav" for song in songs}
    for song in songs:
        io.write(paths[song.name], song.mix(), format="wav-float")
    return paths


def recordings(data: Path) -> dict[str, Path]:
    """List whole recordings, by name."""
    return {path.stem: path for path in sorted((data / "music").glob("*.ogg"))}


def excerpts(data: Path) -> list[Excerpt]:
    """List the excerpts that have beats marked; FileNotFoundError where there are none."""
    found = []
    for path in sorted((data / "gtzan" / "audio").glob("*.flac")):
        marks = data / "gtzan" / "beats" / f"{path.stem}.beats"
        found.append(Excerpt(path, np.loadtxt(marks, usecols=0)))
    if not found:
        raise FileNotFoundError(f"There are no excerpts in {data / 'gtzan' / 'audio'}.")
    return found
