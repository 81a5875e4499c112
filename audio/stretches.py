"""Stretches of a recording, exact to the sample, without reading what comes before them."""

import io as buffers
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer

from audio import channels as mixing
from audio.clip import Clip, Samples
from audio.decoding import OPTIONS, declared_seconds, decoders, samples_of
from audio.errors import NotAudio
from audio.resample import Resampler
from audio.writer import Writer

_RUN_UP = 0.25  # s decoded before: lossy formats need what came before, MP3 the most
_FROM_START = 2.0  # s: nearer than this to the beginning, seeking gains nothing
_EXACT = {"flac", "wav", "w64", "aiff", "caf", "mp3", "mov", "ogg"}  # others count from the start
_JITTER = 0.02  # s that time stamps may be off before they count
_BUFFER = 1 << 17  # bytes


def stretch(
    file: BinaryIO,
    start: int,
    frames: int,
    *,
    sample_rate: int | None = None,
    channels: int | None = None,
) -> Clip:
    """Read so many frames of a recording from a frame on.

    These are the samples that decoding from the beginning gives, but for what decoders add at
    random. Where packets bear exact times (FLAC, WAV, AIFF, MP3, M4A, Ogg) only those of the
    stretch are decoded; in other formats all before it as well. Resampled stretches join up.

    Parameters
    ----------
    file : binary file
        Seekable; read where it is needed.
    start, frames : int
        At the rate that is wanted. What lies beyond the end is left off.
    sample_rate, channels : int, optional
        What is wanted, in Hz and number; the file's own where None.

    Returns
    -------
    Clip [shape=(channels, at most frames)]

    Raises
    ------
    NotAudio
        If there is no sound in it.
    ValueError
        If start or frames are negative.

    Examples
    --------
    >>> file = buffers.BytesIO(as_flac(Clip(np.arange(8, dtype=np.float32)[None] / 8, 8000)))
    >>> stretch(file, 2, 3).samples
    array([[0.25 , 0.375, 0.5  ]], dtype=float32)
    """
    if start < 0 or frames < 0:
        raise ValueError("A stretch begins at a frame and has a length.")
    with _opened(file) as (container, stream):
        own, rate = stream.rate, sample_rate or stream.rate
        width = channels or stream.channels
        first, count = _span(start, frames, own, rate)
        names = [channel.name for channel in stream.layout.channels]
        samples = mixing.mix(_read(container, stream, first, count), width, names)
    if own != rate:
        resampler = Resampler(width, own, rate)
        samples = np.concatenate([resampler.feed(samples), resampler.rest()], axis=1)
    lead = start - first * rate // own
    return Clip(np.ascontiguousarray(samples[:, lead : lead + frames]), rate)


@dataclass(frozen=True)
class Extent:
    """How long a recording is by its header: frames, their rate (Hz), and channels."""

    frames: int
    sample_rate: int
    channels: int


def extent(file: BinaryIO) -> Extent:
    """Return how long a recording says it is; exact for FLAC and WAV.

    Raises
    ------
    NotAudio
        If there is no sound in it.
    """
    with _opened(file) as (container, stream):
        seconds = declared_seconds(container, stream) or 0.0
        return Extent(round(seconds * stream.rate), stream.rate, stream.channels)


def as_flac(clip: Clip) -> bytes:
    """Return a clip as a FLAC file of 16 bits."""
    with _Memory(
        Path("stretch.flac"), sample_rate=clip.sample_rate, channels=clip.channels
    ) as writer:
        writer.write(clip)
    return writer.buffer.getvalue()


class _Memory(Writer):
    """A writer whose file is in memory."""

    buffer: buffers.BytesIO

    def _opened(self) -> OutputContainer:
        self.buffer = buffers.BytesIO()
        return av.open(self.buffer, "w", format=self.format.container)

    def _keep(self) -> None:
        return


@contextmanager
def _opened(file: BinaryIO) -> Iterator[tuple[InputContainer, AudioStream]]:
    file.seek(0)
    options = {**OPTIONS, "codec_whitelist": decoders()}
    with av.open(
        file, "r", options=options, metadata_errors="replace", buffer_size=_BUFFER
    ) as opened:
        stream = opened.streams.best("audio")
        if not isinstance(stream, AudioStream) or not stream.rate:
            raise NotAudio("There is no sound in this file.")
        yield opened, stream


def _span(start: int, frames: int, own: int, rate: int) -> tuple[int, int]:
    """First frame and how many at the file's own rate, with surroundings where it is resampled.

    The first falls together with a frame of the rate that is wanted, so that all stretches are
    resampled in the same phase.
    """
    if own == rate:
        return start, frames
    grid = own // int(np.gcd(own, rate))
    around = own // 20
    first = max(start * own // rate - around, 0) // grid * grid
    stop = -(-(start + frames) * own // rate) + around
    return first, stop - first


def _read(container: InputContainer, stream: AudioStream, start: int, frames: int) -> Samples:
    """Frames start.. at the file's own rate; fewer where it ends before."""
    found: Samples = np.zeros((stream.channels, frames), np.float32)
    end = 0
    for place, samples in _pieces(container, stream, start):
        skip, at = max(start - place, 0), max(place - start, 0)
        kept = samples[: len(found), skip : skip + max(frames - at, 0)]
        found[: len(kept), at : at + kept.shape[1]] = kept
        end = max(end, min(at + kept.shape[1], frames) if skip < samples.shape[1] else 0)
        if place + samples.shape[1] >= start + frames:
            break
    return found[:, :end]


def _pieces(
    container: InputContainer, stream: AudioStream, start: int
) -> Iterator[tuple[int, Samples]]:
    """Decoded sound and the frame it belongs at, from a little before a frame on."""
    rate, unit = stream.rate, float(stream.time_base or 1)
    frames = _decoded(container, stream)
    first = next(frames, None)
    if first is None:
        return
    base = first.pts or 0
    if start > _FROM_START * rate and set(container.format.name.split(",")) & _EXACT:
        container.seek(int(base + (start / rate - _RUN_UP) / unit), stream=stream)
        frames = _decoded(container, stream)
    else:
        frames = chain([first], frames)
    place: int | None = None
    for frame in frames:
        said = place if frame.pts is None else round((frame.pts - base) * unit * rate)
        if place is None or (said is not None and abs(said - place) > _JITTER * rate):
            place = said or 0
        samples = samples_of(frame)
        yield place, samples
        place += samples.shape[1]


def _decoded(container: InputContainer, stream: AudioStream) -> Iterator[Any]:
    """Frames until the end, or until nothing more can be read."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            yield from packet.decode()
        except av.InvalidDataError:  # a packet that cannot be decoded: what follows may be
            continue
        except av.FFmpegError:
            return
