"""What changes of the sound that do not change the music do to the answers."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from audio import io
from audio.clip import Clip
from audio.genre import GenreModel
from audio.genre_facts import BEHAVIOUR, path

Change = Callable[[Clip], Clip]

NOISE_DB = (40, 30, 20, 10, 0)
SHIFTS = (0.1, 1.0, 3.0, 10.0)
GAINS_DB = (-30, -12, 6)
SEED = 0


def noisy(clip: Clip, decibels: float) -> Clip:
    """White noise under the sound, so many dB below its mean level."""
    level = np.sqrt(np.mean(np.square(clip.samples, dtype=np.float64))) * 10 ** (-decibels / 20)
    noise = np.random.default_rng(SEED).standard_normal(clip.samples.shape, np.float32)
    return Clip(clip.samples + np.float32(level) * noise, clip.sample_rate)


def shifted(clip: Clip, seconds: float) -> Clip:
    """The sound from so many seconds on, or from its middle where that is earlier."""
    frames = min(round(seconds * clip.sample_rate), clip.frames // 2)
    return Clip(clip.samples[:, frames:].copy(), clip.sample_rate)


def delayed(clip: Clip) -> Clip:
    """The sound after a second of digital silence, its last second cut off."""
    silence = np.zeros((clip.channels, clip.sample_rate), np.float32)
    return Clip(np.hstack([silence, clip.samples])[:, : clip.frames], clip.sample_rate)


def louder(clip: Clip, decibels: float) -> Clip:
    """The sound with a gain; nothing is clipped."""
    return Clip(clip.samples * np.float32(10 ** (decibels / 20)), clip.sample_rate)


def stereo(clip: Clip) -> Clip:
    """The sound as a stereo file with one side 6 dB softer, and mixed down again."""
    return _through(Clip(np.vstack([clip.samples, clip.samples / 2]), clip.sample_rate), "wav")


def mp3(clip: Clip) -> Clip:
    """The sound as an MP3, decoded again."""
    return _through(clip, "mp3")


CHANGES: Mapping[str, Change] = {
    **{f"noise at {-level} dB": partial(noisy, decibels=level) for level in NOISE_DB},
    **{f"from {seconds:g} s on": partial(shifted, seconds=seconds) for seconds in SHIFTS},
    "after 1 s of silence": delayed,
    **{f"gain of {gain:+d} dB": partial(louder, decibels=gain) for gain in GAINS_DB},
    "stereo, one side softer": stereo,
    "MP3 and back": mp3,
}


@dataclass(frozen=True)
class Drop:
    """What a change did: share of songs with the same answer, and the loss of confidence in it.

    `accuracy` is that of the changed songs where their genres are known.
    """

    same: float
    confidence_lost: float
    accuracy: float | None = None


@dataclass(frozen=True, eq=False)
class Song:
    """A song to change: its name, its sound, and its genre where that is known, or ""."""

    name: str
    clip: Clip
    genre: str


def measure(
    models: Sequence[GenreModel],
    songs: Iterable[Song],
    changes: Mapping[str, Change] = CHANGES,
) -> dict[str, dict[str, Any]]:
    """Ask models about songs before and after each change.

    Returns
    -------
    dict
        For each model: `songs`, how many; `taken`, which; and `changes`: a `Drop` for each, as
        dicts; "unchanged" first.
    """
    rows: dict[str, list[list[Any]]] = {model.name: [] for model in models}
    taken, truths = [], []
    for song in songs:
        taken.append(song.name)
        truths.append(song.genre)
        heard = [song.clip, *(change(song.clip) for change in changes.values())]
        for model in models:
            rows[model.name].append([model.judge(sound) for sound in heard])
    names = ["unchanged", *changes]
    return {
        model.name: {
            "songs": len(taken),
            "taken": taken,
            "changes": {
                name: vars(_drop(np.array(rows[model.name]), number, truths, model.labels))
                for number, name in enumerate(names)
            },
        }
        for model in models
    }


def write(folder: Path, measured: Mapping[str, dict[str, Any]]) -> None:
    """Write down what was measured of the heads in a folder, with a mark of these heads."""
    marked = {name: {"heads": mark(name, folder), **said} for name, said in measured.items()}
    text = json.dumps(marked, indent=1, ensure_ascii=False)
    (folder / BEHAVIOUR).write_text(text + "\n", encoding="utf-8")


def keep_what_holds(folder: Path) -> dict[str, dict[str, Any]]:
    """Forget what was measured of other heads than those in a folder; returns the rest."""
    file = folder / BEHAVIOUR
    if not file.is_file():
        return {}
    told = json.loads(file.read_text(encoding="utf-8"))
    holds = {n: said for n, said in told.items() if said.get("heads") == mark(n, folder) != ""}
    if holds:
        write(folder, holds)
    else:
        file.unlink()
    return holds


def mark(name: str, folder: Path) -> str:
    """SHA-256 of a head's arrays and trees, in hexadecimal; empty where there is none."""
    files = [path(name, suffix, folder) for suffix in (".npz", ".onnx")]
    parts = [file.read_bytes() for file in files if file.is_file()]
    return hashlib.sha256(b"".join(parts)).hexdigest() if parts else ""


def _drop(said: Any, number: int, truths: Sequence[str], labels: Sequence[str]) -> Drop:
    """From probabilities [songs, changes, labels]."""
    best = said.argmax(axis=2)
    songs = np.arange(len(said))
    lost = said[songs, 0, best[:, 0]] - said[songs, number, best[:, 0]]
    accuracy = None
    if all(truths):
        hits = np.asarray(labels)[best[:, number]] == np.asarray(truths)
        accuracy = round(float(hits.mean()), 4)
    same = round(float((best[:, number] == best[:, 0]).mean()), 4)
    return Drop(same, round(float(lost.mean()), 4), accuracy)


def _through(clip: Clip, format: str) -> Clip:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"sound.{format}"
        io.write(path, clip, format=format)
        back = io.read(path, sample_rate=clip.sample_rate, channels=1)
    return Clip(back.samples[:, : clip.frames], clip.sample_rate)
