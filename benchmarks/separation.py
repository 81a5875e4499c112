"""The separation engine beside the command line of `demucs`, on the same random network."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audio import io
from audio.clip import Clip, Samples
from audio.compose import DEMO, compose
from audio.random_model import SOURCES, write_random_model
from benchmarks.rows import Row

TITLE = "ours beside demucs 4.1 on a full-size htdemucs with random weights"
SECONDS = 240.0
SHORT = 20.0  # seconds, for agreement
OURS = ("-m", "audio", "separate")
FLOAT = ("--format", "wav-float")


@dataclass(frozen=True)
class Child:
    """What a process took: wall and CPU seconds, MB at most, and what it printed."""

    wall: float
    cpu: float
    memory: float
    printed: str


def measure(data: Path, seconds: float = SECONDS) -> Iterator[Row]:
    """Separate the same music with both, each in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_random_model(folder / "models")
        song, short = music(folder / "song.flac", seconds), music(folder / "short.flac", SHORT)
        yield from _speed(folder, song, short, seconds)
        yield from _agreement(folder, short)


def music(path: Path, seconds: float) -> Path:
    """Write composed songs, one after the other, until it is so long."""
    left = round(seconds * 44_100)
    with io.Writer(path, sample_rate=44_100, channels=2) as writer:
        while left:
            for spec in DEMO:
                piece = compose(spec).mix.samples[:, :left]
                writer.write(Clip(np.ascontiguousarray(piece), 44_100))
                left -= piece.shape[1]
    return path


def _speed(folder: Path, song: Path, short: Path, seconds: float) -> Iterator[Row]:
    models = ("--engine", "htdemucs", "--models", str(folder / "models"), "--json")
    peer = run("-m", "demucs.separate", *_peer(folder), str(song))
    cold = run(*OURS, str(song), str(folder / "cold"), *models)
    both = run(*OURS, str(short), str(song), str(folder / "warm"), *models)
    warm = json.loads(both.printed.splitlines()[-1])
    what = f"{seconds:.0f} s of music"
    yield Row(f"{what}, cold: wall", peer.wall, cold.wall, "s", "≤ 0.50×")
    yield Row(f"{what}, cold: CPU", peer.cpu, cold.cpu, "s", "≤ 0.50×")
    yield Row(f"{what}, warm: wall", peer.wall, warm["seconds"], "s", "≤ 0.40×")
    yield Row(f"{what}, warm: CPU", peer.cpu, warm["cpu_seconds"], "s", "≤ 0.40×")
    yield Row(f"{what}: most memory in MB", peer.memory, cold.memory, "", "≤ 1500")


def _agreement(folder: Path, short: Path) -> Iterator[Row]:
    """Against the package's own whole-file result, in float32, without random shifts."""
    options = ("--shifts", "0", "--float32", "--clip-mode", "none")
    run("-m", "demucs.separate", *_peer(folder), *options, str(short))
    theirs = _read(folder / "peer" / "htdemucs" / short.stem)
    for dtype in ("float32", "bfloat16"):
        out = folder / dtype
        models = ("--engine", "htdemucs", "--models", str(folder / "models"), "--dtype", dtype)
        run(*OURS, str(short), str(out), *models, *FLOAT)
        ours = _read(out / short.stem)
        if dtype == "float32":
            furthest = max(np.abs(ours[name] - theirs[name]).max() for name in SOURCES)
            level = 20 * np.log10(max(float(furthest), 1e-12))
            yield Row("float32, streamed: difference, full scale 0", None, level, "dB", "≤ -90")
        else:
            worst = min(_snr(theirs[name], ours[name]) for name in SOURCES)
            yield Row("bfloat16: worst stem's SNR", None, worst, "dB", "≥ 40")


def run(*arguments: str) -> Child:
    """Run Python in a process of its own; RuntimeError, with its last words, if it fails."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen(
            [sys.executable, *arguments], stdout=out, stderr=errors, env=_free()
        )
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        if child.returncode:
            raise RuntimeError(errors.read()[-500:])
        cpu = used.ru_utime + used.ru_stime
        return Child(time.monotonic() - began, cpu, used.ru_maxrss / 1e3, out.read())


def _free() -> dict[str, str]:
    """The environment without what holds the other benchmarks to one thread."""
    return {name: value for name, value in os.environ.items() if "NUM_THREADS" not in name}


def _peer(folder: Path) -> Sequence[str]:
    return "--repo", str(folder / "models"), "-n", "htdemucs", "-o", str(folder / "peer")


def _read(folder: Path) -> dict[str, Samples]:
    return {name: io.read(folder / f"{name}.wav").samples for name in SOURCES}


def _snr(reference: Samples, estimate: Samples) -> float:
    true = reference.astype(np.float64)
    return float(10 * np.log10(np.square(true).sum() / np.square(true - estimate).sum()))
