"""A file in, its stems as files out: streamed, taken up where it was killed, never clipped."""

import fcntl
import hashlib
import json
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from audio import effort, formats, io
from audio.checkpoints import LOCK, Checkpoint
from audio.clip import Clip, Samples
from audio.download import sha256
from audio.errors import AudioError, Empty
from audio.progress import Report, ignore, part
from audio.stems import REST, Alive, Batch, Engine, Level, Options, cores, measured, nothing

_CEILING = 0.999
_TELL = 20  # seconds of sound between two signs of life while a mix is only listened to
_LOOK = 0.5  # seconds between two looks at how far the writing is


@dataclass(frozen=True)
class StemFile:
    """A stem that was written, and what can be said of it.

    Parameters
    ----------
    name : str
        Of the stem.
    path : Path
        Where it is.
    peak : float
        Linear.
    gain_db : float
        What it got, as all others did, so that none clips.
    share : float [range=0..1]
        Its part of the energy of all stems.
    silence : float [range=0..1]
        For how much of the time it is silent (`audio.balance`).
    residual_db : float or None
        How far below the mix that is, which the stems do not sum to; None when not all were made,
        and for silence.
    """

    name: str
    path: Path
    peak: float
    gain_db: float
    share: float
    silence: float
    residual_db: float | None


def separate_file(
    path: Path,
    out_dir: Path,
    engine: Engine,
    *,
    format: str = "flac",
    report: Report = ignore,
    checkpoint: Path | None = None,
    keep: bool = False,
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
    keep : bool
        Leave the checkpoint where it is: whoever asks removes it once the files are safe.

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
        files = _written(done, out_dir, engine, format, part(report, _computing(engine), 1.0))
        if not keep:
            done.clear()
    return files


def _computing(engine: Engine) -> float:
    """How much of the work is done when all is separated and nothing written, 0..1."""
    precision = str(engine.parameters.get("dtype", ""))
    computing = effort.separating(engine.facts, engine.stems, precision)
    return computing / (computing + effort.WRITING * len(engine.stems))


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
        done.keep(measured(_alive(blocks(), report)))
    expected = done.level.frames if done.level else (io.probe(path).seconds or 0.0) * rate
    computing = part(report, 0.0, _computing(engine))

    def tell() -> None:
        computing(min(1.0, done.frames / expected) if expected else 0.0)

    for batch, mix in batches(engine, blocks(), level=done.level, done=done, alive=tell):
        done.add(batch, mix)
        tell()
    if not done.frames:
        raise Empty("There is no sound in this file.")


def _alive(blocks: Iterator[Clip], report: Report) -> Iterator[Clip]:
    """Let whoever waits cancel while there is no progress to speak of."""
    heard = 0
    for block in blocks:
        heard += block.frames
        if heard > _TELL * block.sample_rate:
            heard = 0
            report(0.0)
        yield block


def batches(
    engine: Engine,
    blocks: Iterator[Clip],
    *,
    level: Level | None,
    done: Checkpoint,
    alive: Alive = nothing,
) -> Iterator[tuple[Batch, Samples]]:
    """Make the batches that are missing, each with its stretch of the mix [channels, n].

    The rest of the mix is added to the stems where that is asked for.
    """
    mix = _Mix(blocks)
    made = engine.batches(iter(mix), level=level, resume=done.resume, alive=alive)
    mix.skip = done.frames
    for batch in made:
        first = next(iter(batch.stems.values()))
        heard = mix.take(first.frames)
        if REST in engine.stems:
            rest = heard - np.sum([clip.samples for clip in batch.stems.values()], axis=0)
            batch = Batch({**batch.stems, REST: Clip(rest, first.sample_rate)}, batch.resume)
        yield batch, heard


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
    files = [_described(done, out_dir, engine, name, format, gain) for name in engine.stems]
    writing = _Writing(done, engine.facts.sample_rate, len(files))
    with ThreadPoolExecutor(cores(Options())) as pool:
        left = {
            pool.submit(_write, file.path, writing.clips(index), format, gain)
            for index, file in enumerate(files)
        }
        try:
            while left:
                over, left = wait(left, _LOOK, FIRST_EXCEPTION)
                for future in over:
                    future.result()
                report(writing.fraction)
        except BaseException:
            writing.stopped.set()
            raise
    return files


def _described(
    done: Checkpoint, out_dir: Path, engine: Engine, name: str, format: str, gain: float
) -> StemFile:
    whole = REST in engine.stems or set(engine.stems) == set(engine.facts.sources)
    return StemFile(
        name,
        out_dir / f"{name}{formats.by_name(format).suffix}",
        done.peaks[name] * gain,
        20 * float(np.log10(gain)) + 0.0,
        done.balance.share(name),
        done.balance.silence(name),
        done.balance.residual_db if whole else None,
    )


class _Stopped(Exception):
    """The others were stopped, so this file is given up as well."""


class _Writing:
    """How far several files are, and whether they are still wanted."""

    def __init__(self, done: Checkpoint, sample_rate: int, files: int) -> None:
        self._done, self._rate = done, sample_rate
        self._frames = [0] * files
        self.stopped = threading.Event()

    @property
    def fraction(self) -> float:
        return sum(self._frames) / (self._done.frames * len(self._frames))

    def clips(self, index: int) -> Iterator[Clip]:
        """Read one stem's batches; called in the thread that writes it."""
        for clip in self._done.clips(index, self._rate):
            if self.stopped.is_set():
                raise _Stopped
            yield clip
            self._frames[index] += clip.frames


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
