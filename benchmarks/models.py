"""What it costs to ask the models: seconds a clip of 30 s, clips an hour, memory by length."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np

from audio import io, tagging
from audio.clip import Clip
from audio.features import SAMPLE_RATE, features
from audio.models import Model
from audio.writer import Writer
from benchmarks.genre import one_by_one
from benchmarks.material import recordings
from benchmarks.rows import Row
from benchmarks.timing import timed

TITLE = "CPU seconds, everything loaded; the peer is librosa, function by function"
EVERY = 5  # of the excerpts, so many are passed by
HOURS = 0.5  # of the long file

Heard = TypeVar("Heard")

_ASK = """
import sys
from pathlib import Path
from audio import tagging
tagging.tag_file(Path(sys.argv[1]))
status = Path("/proc/self/status").read_text()
print(status.partition("VmHWM:")[2].split()[0])  # kB; ru_maxrss would count the parent's too
"""


def measure(data: Path) -> Iterator[Row]:
    """Time the features and each model on excerpts, a bulk run, and the memory of a long file."""
    if (data.parent / "models").is_dir():
        os.environ.setdefault("AUDIOPHILE_MODEL_MIRROR", str(data.parent / "models"))
    paths = sorted((data / "gtzan" / "audio").glob("*.flac"))[::EVERY]
    if not paths:
        raise FileNotFoundError(f"There are no excerpts in {data / 'gtzan' / 'audio'}.")
    clips = [io.read(path, sample_rate=SAMPLE_RATE, channels=1) for path in paths]
    ours = _median(features, clips)
    yield Row("the 57 features", _median(one_by_one, clips[:3]), ours, "s")
    able = [model for model in tagging.models() if not model.missing]
    for model in able:
        yield Row(f"{model.name} by itself", None, _median(_asker(model), clips), "s")
    genres = [model for model in able if model.name.startswith("genre")]
    for what, asked, goal in (("genre", genres, "≤ 0.4"), ("all models", able, "≤ 1.0")):
        seconds = _median(partial(tagging.tag_file, asked=asked), paths)
        yield Row(f"{what}, file to answer ({len(asked)} models)", None, seconds, "s", goal)
    yield Row("clips an hour and core, all models", None, 3600 / seconds, goal="≥ 6000")
    yield from _memory(data)


def _asker(model: Model) -> Callable[[Clip], object]:
    """Ask one model about a clip that nobody has heard before."""

    def ask(clip: Clip) -> object:
        listener = model.listen()
        listener.hear(Clip(clip.samples, clip.sample_rate))
        return listener.tagging()

    return ask


def _median(work: Callable[[Heard], object], inputs: list[Heard]) -> float:
    """The median of the CPU seconds for each, when everything is loaded."""
    work(inputs[0])
    return float(np.median([timed(work, one)[1] for one in inputs[1:]]))


def _memory(data: Path) -> Iterator[Row]:
    """The largest size of a process that hears a short file, and one that hears an hour."""
    song = next(iter(recordings(data).values()), None)
    if song is None:
        return
    with TemporaryDirectory() as folder:
        short, long = Path(folder) / "short.flac", Path(folder) / "long.flac"
        clip = io.read(song, sample_rate=SAMPLE_RATE, channels=1)
        io.write(short, Clip(clip.samples[:, : 60 * SAMPLE_RATE], SAMPLE_RATE))
        times = int(HOURS * 3600 / clip.seconds) + 1
        with Writer(long, sample_rate=SAMPLE_RATE, channels=1) as writer:
            for _ in range(times):
                writer.write(clip)
        small, large = _peak(short), _peak(long)
    yield Row(f"MB for {HOURS} h (beside: for a minute)", small, large, goal="the same")


def _peak(path: Path) -> float:
    """The largest resident size in MB of a process that asks all models about a file."""
    done = subprocess.run(
        [sys.executable, "-c", _ASK, str(path)], capture_output=True, text=True, check=True
    )
    return int(done.stdout.split()[-1]) / 1024
