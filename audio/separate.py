"""A file in, its stems as files out: streamed, taken up where it was killed, never clipped."""

import fcntl
import hashlib
import json
import tempfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from audio import formats, io
from audio.checkpoints import LOCK, Checkpoint
from audio.clip import Clip, Samples
from audio.download import sha256
from audio.errors import AudioError, Empty
from audio.progress import Report, ignore, part
from audio.stems import REST, Batch, Engine, Level, Options, cores, measured

_CEILING = 0.999


@dataclass(frozen=True)
class StemFile:
    """A stem that was written: its name, where, its peak (linear) and the gain it got (dB)."""

    name: str
    path: Path
    peak: float
    gain_db: float


def separate_file(
    path: Path,
    out_dir: Path,
    engine: Engine,
    *,
    format: str = "flac",
    report: Report = ignore,
    checkpoint: Path | None = None,
) -> list[StemFile]:
    """Split a file into stems, written as ``<out_dir>/<stem>.<suffix>``.

    Batches of stems are kept on disk in float32 while their peaks are taken; then the files are
    written. When any would clip, all are made softer by the same gain, so that they still sum to
    the mix, at that gain. No file appears before all stems are separated. Memory does not depend
    on the length; scratch space is 21 MB for each minute and stem.

    Parameters
    ----------
    path : Path
        An audio file. Mono makes mono stems; more than two channels are mixed down to two.
    out_dir : Path
        A folder; made if it is not there.
    engine : Engine
        From `audio.stems.load`.
    format : str
        A name in `audio.formats.FORMATS`.
    report : Report
        Told the fraction done.
    checkpoint : Path, optional
        A folder for the batches. If the process dies, the same call goes on at the first batch
        that was not finished, and the result is the same to the bit. It is removed when the
        files are written. None: a passing folder in `out_dir`.

    Returns
    -------
    list of StemFile
        In the order of the engine's stems.

    Raises
    ------
    UnknownFormat
        If there is no such format.
    Empty, NotAudio, Damaged
        As `audio.io.read`.
    """
    formats.by_name(format)
    out_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        done = Checkpoint(_place(stack, checkpoint, out_dir), _key(path, engine))
        try:
            _fill(done, path, engine, report)
        except AudioError:
            done.clear()
            raise
        files = _written(done, out_dir, engine, format, part(report, 0.95, 1.0))
        done.clear()
    return files


def _place(stack: ExitStack, checkpoint: Path | None, out_dir: Path) -> Path:
    """The folder for batches; one of our own where another process is busy in the one named.

    The lock is the system's, and goes with the process, however that ends.
    """
    if checkpoint is not None:
        checkpoint.mkdir(parents=True, exist_ok=True)
        lock = stack.enter_context((checkpoint / LOCK).open("w"))
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return checkpoint
    folder = tempfile.TemporaryDirectory(dir=out_dir, prefix=".stems-")
    return Path(stack.enter_context(folder)) / "batches"


def _key(path: Path, engine: Engine) -> str:
    """What makes a separation the same: the mix, the engine, its version and parameters."""
    wish = [sha256(path), engine.facts.name, engine.facts.version, dict(engine.parameters)]
    return hashlib.sha256(json.dumps(wish, sort_keys=True).encode()).hexdigest()


def _fill(done: Checkpoint, path: Path, engine: Engine, report: Report) -> None:
    """Make the batches that are not there yet."""
    rate, channels = engine.facts.sample_rate, min(io.probe(path).channels, 2)
    blocks = partial(io.blocks, path, sample_rate=rate, channels=channels)
    if engine.facts.levelled and done.level is None:
        done.keep(measured(blocks()))
    expected = done.level.frames if done.level else (io.probe(path).seconds or 0.0) * rate
    tell = part(report, 0.0, 0.95)
    for batch in batches(engine, blocks(), level=done.level, done=done):
        done.add(batch)
        tell(min(1.0, done.frames / expected) if expected else 0.0)
    if not done.frames:
        raise Empty("There is no sound in this file.")


def batches(
    engine: Engine, blocks: Iterator[Clip], *, level: Level | None, done: Checkpoint
) -> Iterator[Batch]:
    """Make the batches that are missing, and the rest of the mix where that is asked for."""
    if REST not in engine.stems:
        yield from engine.batches(blocks, level=level, resume=done.resume)
        return
    mix = _Mix(blocks)
    made = engine.batches(iter(mix), level=level, resume=done.resume)
    mix.skip = done.frames
    for batch in made:
        clips = dict(batch.stems)
        first = next(iter(clips.values()))
        rest = mix.take(first.frames) - np.sum([clip.samples for clip in clips.values()], axis=0)
        yield Batch({**clips, REST: Clip(rest, first.sample_rate)}, batch.resume)


class _Mix:
    """A stream that remembers what went through it until that is taken."""

    def __init__(self, blocks: Iterator[Clip]) -> None:
        self._blocks = blocks
        self._held: deque[Samples] = deque()
        self.skip = 0

    def __iter__(self) -> Iterator[Clip]:
        for block in self._blocks:
            left = block.samples[:, self.skip :]
            self.skip = max(0, self.skip - block.frames)
            if left.shape[1]:
                self._held.append(left)
            yield block

    def take(self, frames: int) -> Samples:
        """Return the next frames of those that went through."""
        taken = []
        while frames:
            first = self._held.popleft()
            taken.append(first[:, :frames])
            if first.shape[1] > frames:
                self._held.appendleft(first[:, frames:])
            frames -= taken[-1].shape[1]
        return np.concatenate(taken, axis=1)


def _written(
    done: Checkpoint, out_dir: Path, engine: Engine, format: str, report: Report
) -> list[StemFile]:
    """Write the files, several at once: an encoder has one thread."""
    loudest = max(done.peaks.values())
    gain = _CEILING / loudest if loudest > 1.0 else 1.0
    gain_db = 20 * float(np.log10(gain)) + 0.0
    files = [
        StemFile(
            name,
            out_dir / f"{name}{formats.by_name(format).suffix}",
            done.peaks[name] * gain,
            gain_db,
        )
        for name in engine.stems
    ]
    rate = engine.facts.sample_rate
    with ThreadPoolExecutor(cores(Options())) as pool:
        writing = [
            pool.submit(_write, file.path, done.clips(index, rate), format, gain)
            for index, file in enumerate(files)
        ]
        for number, future in enumerate(writing):
            future.result()
            report((number + 1) / len(files))
    return files


def _write(target: Path, clips: Iterator[Clip], format: str, gain: float) -> None:
    writer: io.Writer | None = None
    with ExitStack() as stack:
        for clip in clips:
            if writer is None:
                writer = stack.enter_context(
                    io.Writer(
                        target, sample_rate=clip.sample_rate, channels=clip.channels, format=format
                    )
                )
            writer.write(Clip(clip.samples * np.float32(gain), clip.sample_rate))
