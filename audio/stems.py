"""Splitting a mix into stems: which engines there are, and what every one of them does."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from audio.clip import Clip, Samples
from audio.errors import UnknownEngine, UnknownStem

Tier = Literal["fast", "balanced", "best"]
DType = Literal["auto", "float32", "bfloat16"]
REST = "rest"
"""The stem that is the mix less all the other stems that are asked for."""


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
        "module:callable" that makes the engine from this row and `Options`; imported by `load`.
    segment : float
        What it hears at a time, in seconds.
    tier : str
        How it is offered: "fast", "balanced" or "best".
    weights : tuple of str
        What it needs of the catalogue: one file for all sources, or one for each.
    levelled : bool
        Whether it has to know the level of the whole mix before it begins.
    quality : str
        What is known of how good it is, for people.
    cost : float
        Seconds that one of its networks (or all of it, where it has none) took for a second of
        sound on the two cores it was written on: what engines are compared by before they have
        run here. See `audio.effort`.
    """

    name: str
    title: str
    version: str
    sources: tuple[str, ...]
    sample_rate: int
    factory: str
    segment: float
    tier: Tier
    quality: str
    cost: float
    weights: tuple[str, ...] = ()
    levelled: bool = False


@dataclass(frozen=True)
class Options:
    """What can be asked of an engine.

    Parameters
    ----------
    stems : tuple of str
        Which stems; empty for all. "rest" is the mix less the others asked for.
    dtype : str
        "float32", "bfloat16", or "auto": whichever is faster here.
    models : Path, optional
        A folder with models of one's own, where the engine has weights.
    threads : int
        Processor cores to use; 0 for all.
    """

    stems: tuple[str, ...] = ()
    dtype: DType = "auto"
    models: Path | None = None
    threads: int = 0


@dataclass(frozen=True)
class Level:
    """Mean and standard deviation of the mean of a mix's channels (linear), and its frames."""

    mean: float
    std: float
    frames: int


@dataclass(frozen=True, eq=False)
class Resume:
    """Where separating stands: batches finished, and what the next one overlaps with."""

    batches: int = 0
    carry: Samples = field(default_factory=lambda: np.zeros((0, 0, 0), np.float32))


@dataclass(frozen=True, eq=False)
class Batch:
    """A stretch of stems that is finished: a clip for each, all equally long."""

    stems: Mapping[str, Clip]
    resume: Resume


Alive = Callable[[], None]
"""A sign of life between two batches. It may raise to cancel: that is never swallowed."""


def nothing() -> None:
    """Take a sign of life and do nothing with it."""


class Engine(Protocol):
    """What can split sound into stems."""

    @property
    def facts(self) -> EngineFacts:
        """What it is."""

    @property
    def stems(self) -> tuple[str, ...]:
        """Which stems it makes, as asked for."""

    @property
    def parameters(self) -> Mapping[str, str | int]:
        """What else the result depends on, to the last bit: part of what it is kept under."""

    def batches(
        self,
        blocks: Iterator[Clip],
        *,
        level: Level | None = None,
        resume: Resume | None = None,
        alive: Alive = nothing,
    ) -> Iterator[Batch]:
        """Turn a stream at `facts.sample_rate` into a stream of its stems.

        Blocks of any length come in, always from the beginning; with `resume` the batches that
        were finished are not made again. Joined, the stems are as long as what came in, and
        memory does not grow with that. An engine that is `levelled` needs the level. One whose
        batches take seconds calls `alive` every second, which may raise to cancel.
        """


_FOUR = ("drums", "bass", "other", "vocals")
_UNSCORED = (
    "Clean on most music. By its authors, on music it was not trained on: SDR {} dB; "
    "not measured here"
)

ENGINES: dict[str, EngineFacts] = {
    row.name: row
    for row in (
        EngineFacts(
            name="hpss",
            title="Harmonic and percussive masks",
            version="3",
            sources=("drums", "bass", "other"),
            sample_rate=44_100,
            factory="audio.hpss:Hpss",
            segment=12.0,
            tier="fast",
            quality="Rough, and voices stay with the rest. Measured here, on five songs it was "
            "not tuned on: SDR of drums 3.3, bass 0.3, other 7.3 dB",
            cost=0.017,
        ),
        EngineFacts(
            name="htdemucs",
            title="Demucs",
            version="1",
            sources=_FOUR,
            sample_rate=44_100,
            factory="audio.htdemucs:HtDemucs",
            segment=7.8,
            tier="balanced",
            quality=_UNSCORED.format("8.8"),
            cost=0.24,
            weights=("htdemucs",),
            levelled=True,
        ),
        EngineFacts(
            name="htdemucs_ft",
            title="Demucs, one model for each stem",
            version="1",
            sources=_FOUR,
            sample_rate=44_100,
            factory="audio.htdemucs:HtDemucs",
            segment=7.8,
            tier="best",
            quality=_UNSCORED.format("9.0"),
            cost=0.24,
            weights=tuple(f"htdemucs_ft-{source}" for source in _FOUR),
            levelled=True,
        ),
        EngineFacts(
            name="htdemucs_6s",
            title="Demucs with guitar and piano",
            version="1",
            sources=(*_FOUR, "guitar", "piano"),
            sample_rate=44_100,
            factory="audio.htdemucs:HtDemucs",
            segment=7.8,
            tier="balanced",
            quality="By its authors: guitar acceptable, piano not yet; not measured here",
            cost=0.24,
            weights=("htdemucs_6s",),
            levelled=True,
        ),
    )
}


def load(name: str, options: Options | None = None) -> Engine:
    """Make an engine ready for work.

    Raises
    ------
    UnknownEngine
        If there is none of that name; the sentence lists those there are.
    UnknownStem
        If it does not make a stem that is asked for.
    WeightsMissing
        If it needs weights that are not here; no other engine takes its place.
    """
    if name not in ENGINES:
        raise UnknownEngine(f"There is no engine “{name}” here; there is {', '.join(ENGINES)}.")
    facts, options = ENGINES[name], options or Options()
    for stem in options.stems:
        if stem not in (*facts.sources, REST):
            made = ", ".join((*facts.sources, REST))
            raise UnknownStem(f"{name} makes no stem “{stem}”; it makes {made}.")
    if options.stems == (REST,):
        raise UnknownStem("“rest” is what other stems leave: name one of them as well.")
    module, _, factory = facts.factory.partition(":")
    engine: Engine = getattr(import_module(module), factory)(facts, options)
    return engine


def asked(facts: EngineFacts, options: Options) -> tuple[str, ...]:
    """Return the stems to be made, in the engine's order, the rest last."""
    wanted = options.stems or facts.sources
    return tuple(name for name in (*facts.sources, REST) if name in wanted)


def cores(options: Options) -> int:
    """Return how many processor cores an engine may use."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return options.threads or here or 1


def measured(blocks: Iterator[Clip]) -> Level:
    """Measure the level of a mix, block by block, in double precision.

    As ``demucs.api.Separator`` does for a whole file: of the mean of the channels, with the
    unbiased standard deviation.

    Examples
    --------
    >>> level = measured(iter([Clip(np.float32([[0, 1], [0, 3]]), 10)]))
    >>> round(level.mean, 3), round(level.std, 3), level.frames
    (1.0, 1.414, 2)
    """
    total = squares = 0.0
    frames = 0
    for block in blocks:
        mono = block.samples.mean(axis=0, dtype=np.float64)
        total += float(mono.sum())
        squares += float(mono @ mono)
        frames += len(mono)
    mean = total / max(frames, 1)
    variance = max(squares - total * mean, 0.0) / max(frames - 1, 1)
    return Level(mean, float(np.sqrt(variance)), frames)
