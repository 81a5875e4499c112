"""Splitting a mix into stems: which engines there are, and what every one of them does."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np

from audio import formats, io, levels
from audio.clip import Clip
from audio.errors import UnknownEngine
from audio.progress import Report, ignore, part

_HEADROOM = 8.0  # linear: stems up to 18 dB over full scale survive the scratch files
_CEILING = 0.999


@dataclass(frozen=True)
class EngineFacts:
    """What is known of an engine without loading it.

    Parameters
    ----------
    name, title : str
        What programs and people call it.
    version : str
        Changes whenever its output does.
    sources : tuple of str
        The stems it makes, in order.
    sample_rate : int
        Of its input and output, in Hz.
    factory : str
        "module:callable" that makes the engine; imported by `load` only.
    """

    name: str
    title: str
    version: str
    sources: tuple[str, ...]
    sample_rate: int
    factory: str


class Engine(Protocol):
    """What can split sound into stems."""

    @property
    def facts(self) -> EngineFacts:
        """What it is."""

    def separate(self, blocks: Iterator[Clip]) -> Iterator[Mapping[str, Clip]]:
        """Turn a stream at `facts.sample_rate` into a stream of its stems.

        Blocks of any length come in; each mapping that goes out has one clip for each of
        `facts.sources`, all equally long. Joined they are as long as what came in, and memory
        does not grow with that.
        """


ENGINES: dict[str, EngineFacts] = {
    row.name: row
    for row in (
        EngineFacts(
            name="hpss",
            title="Harmonic and percussive masks",
            version="1",
            sources=("drums", "bass", "other"),
            sample_rate=44_100,
            factory="audio.hpss:Hpss",
        ),
    )
}


@dataclass(frozen=True)
class StemFile:
    """A stem that was written: its name, where, its peak (linear) and the gain it got (dB)."""

    name: str
    path: Path
    peak: float
    gain_db: float


def load(name: str) -> Engine:
    """Make an engine ready for work.

    Raises
    ------
    UnknownEngine
        If there is none of that name; the sentence lists those there are.
    """
    if name not in ENGINES:
        raise UnknownEngine(f"There is no engine “{name}” here; there is {', '.join(ENGINES)}.")
    module, _, factory = ENGINES[name].factory.partition(":")
    engine: Engine = getattr(import_module(module), factory)(ENGINES[name])
    return engine


def separate_file(
    path: Path,
    out_dir: Path,
    engine: Engine,
    *,
    format: str = "flac",
    report: Report = ignore,
) -> list[StemFile]:
    """Split a file into stems, written as ``<out_dir>/<stem>.<suffix>``.

    In two passes: the stems are streamed into 24-bit scratch files with 18 dB of headroom while
    their peaks are taken; then they are written. When any would clip, all are made softer by the
    same gain, so that they still sum to the mix, at that gain. No file appears before all stems
    are separated. Memory does not depend on the length; scratch space is about that of the
    result in 24-bit FLAC, in `out_dir`.

    Parameters
    ----------
    path : Path
        An audio file. Mono makes mono stems; more than two channels are mixed down to two.
    out_dir : Path
        A folder; made if it is not there.
    engine : Engine
        From `load`.
    format : str
        A name in `audio.formats.FORMATS`.
    report : Report
        Told the fraction done.

    Returns
    -------
    list of StemFile
        In the order of the engine's sources.

    Raises
    ------
    UnknownFormat
        If there is no such format.
    Empty, NotAudio, Damaged
        As `audio.io.read`.
    """
    suffix = formats.by_name(format).suffix
    out_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out_dir, prefix=".stems-") as folder:
        scratch = {name: Path(folder) / f"{name}.flac" for name in engine.facts.sources}
        peaks = _to_scratch(path, scratch, engine, part(report, 0.0, 0.9))
        gain = min(1.0, _CEILING / max(max(peaks.values()), 1e-9))
        if max(peaks.values()) <= 1.0:
            gain = 1.0
        stems = []
        for index, (name, source) in enumerate(scratch.items()):
            target = out_dir / f"{name}{suffix}"
            _copy(source, target, format, gain * _HEADROOM)
            stems.append(
                StemFile(name, target, peaks[name] * gain, 20 * float(np.log10(gain)) + 0.0)
            )
            report(0.9 + 0.1 * (index + 1) / len(scratch))
    return stems


def _to_scratch(
    path: Path, scratch: Mapping[str, Path], engine: Engine, report: Report
) -> dict[str, float]:
    """Stream every stem into its scratch file; return the peaks (linear)."""
    rate = engine.facts.sample_rate
    facts = io.probe(path)
    channels = min(facts.channels, 2)
    expected = (facts.seconds or 0.0) * rate
    peaks, done = dict.fromkeys(scratch, 0.0), 0
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(
                io.Writer(file, sample_rate=rate, channels=channels, format="flac24")
            )
            for name, file in scratch.items()
        }
        for stems in engine.separate(io.blocks(path, sample_rate=rate, channels=channels)):
            for name, clip in stems.items():
                peaks[name] = max(peaks[name], levels.peak(clip))
                writers[name].write(Clip(clip.samples / np.float32(_HEADROOM), rate))
            done += next(iter(stems.values())).frames
            report(min(1.0, done / expected) if expected else 0.0)
    return peaks


def _copy(source: Path, target: Path, format: str, gain_linear: float) -> None:
    """Write a file again, at another level and in another format."""
    writer: io.Writer | None = None
    with ExitStack() as stack:
        for clip in io.blocks(source):
            if writer is None:
                writer = stack.enter_context(
                    io.Writer(
                        target, sample_rate=clip.sample_rate, channels=clip.channels, format=format
                    )
                )
            writer.write(Clip(clip.samples * np.float32(gain_linear), clip.sample_rate))
