"""Stems mixed as a mixer's page plays them: level, place between left and right, region, speed."""

import math
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from audio import formats
from audio.clip import Clip, Samples
from audio.io import Writer, probe
from audio.levels import peak
from audio.progress import Report, ignore, part
from audio.speed import at_speed
from audio.stretches import stretch

CEILING = 0.999
"""The largest magnitude that is written to a format that clips (linear)."""

QUIETEST, LOUDEST = -100.0, 12.0  # dB
_BLOCK = 441_000  # frames
_FLOAT = "wav-float"  # the one format that holds what is louder than full scale


@dataclass(frozen=True)
class Strip:
    """How one stem sounds in a mix: its gain in dB, and its place from -1 (left) to 1 (right).

    Raises
    ------
    ValueError
        If either is out of range.
    """

    gain_db: float = 0.0
    pan: float = 0.0

    def __post_init__(self) -> None:
        if not QUIETEST <= self.gain_db <= LOUDEST:
            raise ValueError(f"A gain is {QUIETEST:g} to {LOUDEST:g} dB, not {self.gain_db:g}.")
        if not -1.0 <= self.pan <= 1.0:
            raise ValueError(f"A place is -1 (left) to 1 (right), not {self.pan:g}.")


@dataclass(frozen=True)
class Mixed:
    """What was written: frames and their rate (Hz), and by how much it was made softer (dB)."""

    frames: int
    sample_rate: int
    gain_db: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.frames / self.sample_rate


def panned(samples: Samples, pan: float) -> Samples:
    """Move stereo sound to the left or right, as a browser's StereoPannerNode does.

    To the left, the right channel passes over into the left one at equal power, and likewise the
    other way; in the middle nothing changes:

        x = pan + 1 (pan <= 0) or pan;  a = cos(x pi/2), b = sin(x pi/2)
        pan <= 0:  left = L + a R,  right = b R
        pan > 0:   left = a L,      right = R + b L

    Parameters
    ----------
    samples : np.ndarray [shape=(2, n), dtype=float32]
        The sound.
    pan : float [range=-1..1]
        -1 is left.

    Returns
    -------
    np.ndarray [shape=(2, n), dtype=float32]

    References
    ----------
    W3C, "Web Audio API 1.0", 1.37.3: StereoPannerNode, algorithm for stereo input.

    Examples
    --------
    >>> panned(np.float32([[0.5], [0.25]]), -1.0).ravel().tolist()
    [0.75, 0.0]
    """
    moved: Samples = _matrix(pan) @ samples
    return moved


def _matrix(pan: float) -> npt.NDArray[np.float32]:
    x = pan + 1 if pan <= 0 else pan
    a, b = math.cos(x * math.pi / 2), math.sin(x * math.pi / 2)
    rows = [[1.0, a], [0.0, b]] if pan <= 0 else [[a, 0.0], [b, 1.0]]
    return np.array(rows, np.float32).round(12)


def mix_down(
    stems: Mapping[str, Path],
    strips: Mapping[str, Strip],
    out: Path,
    *,
    region: tuple[float, float] | None = None,
    speed: float = 1.0,
    format: str = "flac",
    report: Report = ignore,
) -> Mixed:
    """Mix stems into a file.

    What would be louder than full scale is made softer as a whole, so that nothing clips; 32-bit
    float keeps it as it is. Memory does not depend on the length.

    Parameters
    ----------
    stems : mapping of str to Path
        Files of one rate and length.
    strips : mapping of str to Strip
        How the stems that are to be heard sound; others are silent.
    out : Path
        The file to write.
    region : (float, float), optional
        Begin and end in seconds of the stems; all of them when None.
    speed : float [range=0.5..1.5]
        As `audio.speed.at_speed`.
    format : str
        A name in `audio.formats.FORMATS`.
    report : Report
        Told the fraction done.

    Returns
    -------
    Mixed

    Raises
    ------
    UnknownFormat
        If there is no such format.
    ValueError
        If a strip has no stem, nothing is to be heard, the region is empty, or the stems differ.
    """
    formats.by_name(format)
    with ExitStack() as stack:
        desk = _Desk(stack, stems, strips, region, speed)
        gain = 1.0
        if format != _FLOAT:
            loudest = max(map(peak, desk.mixed(part(report, 0.0, 0.45))))
            gain = CEILING / loudest if loudest > CEILING else 1.0
        writer = stack.enter_context(
            Writer(out, sample_rate=desk.rate, channels=desk.width, format=format)
        )
        frames = 0
        for block in desk.mixed(part(report, 0.45, 1.0)):
            writer.write(Clip(block.samples * np.float32(gain), block.sample_rate))
            frames += block.frames
    return Mixed(frames, desk.rate, 20 * math.log10(gain) + 0.0)


class _Desk:
    """The files that are mixed, and how."""

    def __init__(
        self,
        stack: ExitStack,
        stems: Mapping[str, Path],
        strips: Mapping[str, Strip],
        region: tuple[float, float] | None,
        speed: float,
    ) -> None:
        if not strips or set(strips) - set(stems):
            raise ValueError(f"What is to be heard is some of {', '.join(stems)}.")
        facts = [probe(stems[name]) for name in strips]
        if len({(fact.sample_rate, fact.channels, fact.seconds) for fact in facts}) > 1:
            raise ValueError("Stems of one mix have one rate and one length.")
        self.rate, self.speed = facts[0].sample_rate, speed
        still = all(strip.pan == 0 for strip in strips.values())
        self.width = 1 if still and facts[0].channels == 1 else 2
        self._span = self._frames(region, round((facts[0].seconds or 0.0) * self.rate))
        self._lanes: list[tuple[BinaryIO, npt.NDArray[np.float32]]] = [
            (stack.enter_context(stems[name].open("rb")), self._gains(strip))
            for name, strip in strips.items()
        ]

    def _frames(self, region: tuple[float, float] | None, length: int) -> tuple[int, int]:
        begin, end = region or (0.0, length / self.rate)
        start, stop = round(begin * self.rate), min(round(end * self.rate), length)
        if not 0 <= start < stop:
            raise ValueError("A region begins before it ends, within the song.")
        return start, stop

    def _gains(self, strip: Strip) -> npt.NDArray[np.float32]:
        gain = np.float32(10 ** (strip.gain_db / 20))
        return gain * (_matrix(strip.pan) if self.width == 2 else np.ones((1, 1), np.float32))

    def mixed(self, report: Report) -> Iterator[Clip]:
        """The mix from the beginning, block by block."""
        return at_speed(self._blocks(report), self.speed)

    def _blocks(self, report: Report) -> Iterator[Clip]:
        start, stop = self._span
        for place in range(start, stop, _BLOCK):
            frames = min(_BLOCK, stop - place)
            total = np.zeros((self.width, frames), np.float32)
            for file, gains in self._lanes:
                clip = stretch(file, place, frames, channels=self.width)
                total[:, : clip.frames] += gains @ clip.samples
            yield Clip(total, self.rate)
            report((place + frames - start) / (stop - start))
