"""The engines htdemucs, htdemucs_ft and htdemucs_6s: Demucs, streamed, in flat memory."""

import threading
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from audio import demucs_files, devices, stopping
from audio.clip import Clip, Samples
from audio.demucs_files import Member
from audio.devices import OnDevice, Run
from audio.htnet import Network, fits
from audio.stems import (
    REST,
    Alive,
    Batch,
    EngineFacts,
    Level,
    Options,
    Resume,
    asked,
    cores,
    nothing,
)
from audio.weights import WeightsMissing

OVERLAP = 0.25
MOST_AT_ONCE = 4  # segments: memory is theirs
ALIVE = 1.0  # seconds between two signs of life


class HtDemucs:
    """Splits sound with Hybrid Transformer Demucs, a few segments at a time.

    Segments of 7.8 s overlap by a quarter and are faded into each other by triangles; all are
    brought to one level by the mean and deviation of the whole mix. That is what the package's
    own ``apply_model(shifts=0)`` does with a file in memory, and the result is the same; but
    here the beginning of a segment goes out as soon as it is faded.

    In bfloat16, segments are computed side by side, one for each core (up to four): threads
    inside a segment would wait for each other at the end of every product. In float32 they are
    computed one by one, for memory's sake. A segment's numbers do not depend on its neighbours.

    Parameters
    ----------
    facts : EngineFacts
        Its row in `audio.stems.ENGINES`.
    options : Options
        "auto" is bfloat16 on processors that have it, and half precision on CUDA.

    Raises
    ------
    WeightsMissing
        If its weights are not here.

    References
    ----------
    Rouard, Massa, Defossez, "Hybrid transformers for music source separation", ICASSP 2023;
    ``demucs/apply.py`` (segments, weights) and ``demucs/api.py`` (level) of demucs 4.1.
    """

    def __init__(self, facts: EngineFacts, options: Options) -> None:
        self.facts, self.stems = facts, asked(facts, options)
        self._wanted = tuple(name for name in self.stems if name != REST)
        self.device = devices.chosen()
        members = demucs_files.members(
            facts.name, facts.sources, self._wanted, facts.weights, options.models
        )
        self._digests = demucs_files.digests([member.path for member in members])
        dtype = devices.precision(options.dtype, self.device)
        order = tuple(facts.sources.index(name) for name in self._wanted)
        self._bag = _warm(
            tuple(members), self._digests, facts.sources, order, (self.device, dtype)
        )
        several = self.device == "cpu" and self._bag.dtype == "bfloat16"
        self.at_once = min(cores(options), MOST_AT_ONCE) if several else 1
        self.threads = max(1, cores(options) // self.at_once)

    @property
    def parameters(self) -> dict[str, str | int]:
        """What the result depends on, to the last bit."""
        return {
            "weights": self._digests,
            "stems": ",".join(self.stems),
            "device": self.device,
            "dtype": self._bag.dtype,
            "threads": self.threads,
            "overlap": str(OVERLAP),
        }

    def batches(
        self,
        blocks: Iterator[Clip],
        *,
        level: Level | None = None,
        resume: Resume | None = None,
        alive: Alive = nothing,
    ) -> Iterator[Batch]:
        """Split a stream, a batch for each segment; see `audio.stems.Engine`.

        Raises
        ------
        ValueError
            Without the level.
        """
        if level is None:
            raise ValueError("Demucs has to know the level of the whole mix.")
        resume, bag = resume or Resume(), self._bag
        number, carry = resume.batches, resume.carry
        even = _levelled(blocks, level)
        segments = cut(even, length=bag.length, stride=bag.stride, skip=number)
        stopped = threading.Event()
        with (
            ThreadPoolExecutor(self.at_once, initializer=self._begin, initargs=(stopped,)) as pool,
            closing(self._ahead(pool, segments, alive, stopped)) as separated,
        ):
            for made in separated:
                finished, carry = faded(made, carry, bag.triangle, bag.stride)
                number += 1
                clips = self._clips(finished * _scale(level) + np.float32(level.mean))
                yield Batch(clips, Resume(number, carry))

    def _ahead(
        self,
        pool: ThreadPoolExecutor,
        segments: "Iterator[Segment]",
        alive: Alive,
        stopped: threading.Event,
    ) -> Generator[Samples, None, None]:
        """Compute segments some ahead of their turn, and give them out in turn."""
        waiting: deque[Future[Samples]] = deque()
        try:
            for segment in segments:
                waiting.append(pool.submit(self._bag.separated, segment))
                if len(waiting) > self.at_once:
                    yield _awaited(waiting.popleft(), alive)
            for future in waiting:
                yield _awaited(future, alive)
        finally:  # nobody wants the others: those that have begun end at their next layer
            stopped.set()
            for future in waiting:
                future.cancel()

    def _begin(self, stopped: threading.Event) -> None:
        torch.set_num_threads(self.threads)
        stopping.listen_to(stopped)

    def _clips(self, made: Samples) -> dict[str, Clip]:
        """Name the stems [stems, channels, n]."""
        rate = self.facts.sample_rate
        return {name: Clip(part, rate) for name, part in zip(self._wanted, made, strict=True)}


def _awaited(future: Future[Samples], alive: Alive) -> Samples:
    while not wait([future], ALIVE).done:
        alive()
    return future.result()


@dataclass(frozen=True, eq=False)
class Segment:
    """A stretch of the mix, with context where it is shorter than what the network hears.

    Parameters
    ----------
    samples : np.ndarray [shape=(channels, n)]
        What the network hears; as long for every segment.
    lead, frames : int
        The stretch begins after `lead` of them, at a multiple of the stride, and has `frames`.
    """

    samples: Samples
    lead: int
    frames: int


def cut(blocks: Iterator[Clip], *, length: int, stride: int, skip: int = 0) -> Iterator[Segment]:
    """Cut a stream into overlapping segments.

    The last ones, which the end of the stream shortens, stand in the middle of what the network
    hears: the sound before them on their left, silence where there is none
    (``demucs.apply.TensorChunk.padded``).

    Parameters
    ----------
    blocks : iterator of Clip [shape=(channels, any)]
        The stream.
    length, stride : int
        Of the segments, and from one to the next, in frames.
    skip : int
        Segments at the beginning that are not wanted.

    Yields
    ------
    Segment
    """
    held: Samples | None = None
    base = start = 0  # of what is held, and of the segment, in the stream
    for block in blocks:
        held = block.samples if held is None else np.concatenate([held, block.samples], axis=1)
        while base + held.shape[1] >= start + length:
            if skip * stride <= start:
                yield Segment(held[:, start - base : start - base + length], 0, length)
            start += stride
            gone = max(0, start - length // 2 - base)
            held, base = held[:, gone:], base + gone
    while held is not None and start < base + held.shape[1]:
        if skip * stride <= start:
            yield _centred(held, start - base, length)
        start += stride


def _centred(held: Samples, start: int, length: int) -> Segment:
    """Take what is left from `start`, with as much on both sides as makes it `length` frames."""
    frames = held.shape[1] - start
    lead = (length - frames) // 2
    before = max(0, start - lead)
    samples = np.zeros((len(held), length), np.float32)
    there = held[:, before : start - lead + length]
    at = max(0, lead - start)
    samples[:, at : at + there.shape[1]] = there
    return Segment(samples, lead, frames)


def faded(
    made: Samples, carry: Samples, triangle: npt.NDArray[np.float32], stride: int
) -> tuple[Samples, Samples]:
    """Fade a segment into the one before.

    Parameters
    ----------
    made : np.ndarray [shape=(stems, channels, n)]
        The segment, separated.
    carry : np.ndarray [shape=(stems, channels, m)]
        What the one before has left, weighted; empty for the first.
    triangle : np.ndarray [shape=(length,)]
        Weights of a segment.
    stride : int
        Frames from one segment to the next.

    Returns
    -------
    finished : np.ndarray [shape=(stems, channels, min(n, stride))]
    carry : np.ndarray [shape=(stems, channels, the rest)]
        For the next segment.
    """
    frames, before = made.shape[-1], carry.shape[-1]
    total, weights = made * triangle[:frames], triangle[:frames].copy()
    if before:
        total[..., :before] += carry
        weights[:before] += triangle[stride : stride + before]
    return total[..., :stride] / weights[:stride], total[..., stride:].copy()


class _Bag:
    """The networks that some sources need, made ready, and how much each has to say."""

    def __init__(
        self,
        members: tuple[Member, ...],
        sources: tuple[str, ...],
        order: tuple[int, ...],
        device: str,
        dtype: str,
    ) -> None:
        self.order = order
        models = [_checked(demucs_files.read(member.path), member, sources) for member in members]
        fit = device != "cpu" or all(fits(model) for model in models)
        self.dtype = dtype if fit or dtype == "float32" else "float32"
        self.shares = np.array([member.shares or (1.0,) * len(sources) for member in members])
        self.parts = [[source for source in order if share[source]] for share in self.shares]
        self.runs = [
            _ready(model, part, device, self.dtype)
            for model, part in zip(models, self.parts, strict=True)
        ]
        model = models[0]
        self.length = int(model.segment * model.samplerate)
        self.stride = int((1 - OVERLAP) * self.length)
        half = self.length // 2
        rising = np.arange(1, half + 1), np.arange(self.length - half, 0, -1)
        ramp = np.concatenate(rising).astype(np.float32)
        self.triangle = ramp / ramp.max()

    def separated(self, segment: Segment) -> Samples:
        """Separate a segment: [sources, channels, frames], in the order that is wanted.

        Mono is heard as two equal channels, whose stems are averaged.
        """
        heard = torch.from_numpy(segment.samples.repeat(2 // len(segment.samples), axis=0))
        stretch = slice(segment.lead, segment.lead + segment.frames)
        total = np.zeros((len(self.order), 2, segment.frames), np.float32)
        with torch.inference_mode():
            for run, part, share in zip(self.runs, self.parts, self.shares, strict=True):
                made = run(heard)[..., stretch].numpy()
                for source, samples in zip(part, made, strict=True):
                    weight = np.float32(share[source] / self.shares[:, source].sum())
                    total[self.order.index(source)] += samples * weight
        return total if len(segment.samples) == 2 else total.mean(axis=1, keepdims=True)


def _levelled(blocks: Iterator[Clip], level: Level) -> Iterator[Clip]:
    for block in blocks:
        even = (block.samples - np.float32(level.mean)) / _scale(level)
        yield Clip(even, block.sample_rate)


def _scale(level: Level) -> np.float32:
    return np.float32(level.std + 1e-8)


@lru_cache(maxsize=1)
def _warm(
    members: tuple[Member, ...],
    digests: str,
    sources: tuple[str, ...],
    order: tuple[int, ...],
    on: tuple[str, str],
) -> _Bag:
    """The networks of the last job, kept for the next; `digests` tells files apart."""
    return _Bag(members, sources, order, *on)


def _checked(model: Any, member: Member, sources: tuple[str, ...]) -> Any:
    if tuple(model.sources) != sources or model.audio_channels != 2:
        raise WeightsMissing(
            f"{member.path.name} makes {', '.join(model.sources)}, not {', '.join(sources)}."
        )
    return model


def _ready(model: Any, part: list[int], device: str, dtype: str) -> Run:
    """Return what computes some sources of a model on that device."""

    def plain(mix: Tensor, network: Any = model) -> Tensor:
        return network(mix[None])[0][part]

    for layer in _layers(model):
        layer.register_forward_pre_hook(lambda *_: stopping.check())
    if device == "cpu":
        return Network(model, part) if dtype == "bfloat16" else plain
    return OnDevice(_of_any_length(deepcopy(model).to(device), part), plain, device, dtype)


def _of_any_length(network: Any, part: list[int]) -> Run:
    """As the package does it, but for shorter segments than the network was trained with too."""

    def run(mix: Tensor) -> Tensor:
        network.segment = Fraction(mix.shape[-1], network.samplerate)
        return network(mix[None])[0][part]

    return run


def _layers(model: Any) -> Iterator[Any]:
    """What a model of the package goes through, one after the other."""
    branches = [model.encoder, model.tencoder, model.decoder, model.tdecoder]
    if model.crosstransformer:
        branches += [model.crosstransformer.layers, model.crosstransformer.layers_t]
    for branch in branches:
        yield from branch
