"""One pass over an audio file: its samples, and what turned out to be wrong with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from av.codec.codec import Codec, UnknownCodecError
from av.container import InputContainer

from audio import channels as mixing
from audio import headers
from audio.clip import Clip, Samples
from audio.errors import AudioError, Damaged, Empty, NotAudio, TooLong
from audio.resample import Resampler

_CHUNK_FRAMES = 65_536
_ABSURD = np.float32(1e5)  # 100 dB over full scale: no sound, but bytes misread as floats
_LONGEST_LOSS = 1.0  # s of packets in a row that cannot be decoded before we stop trying
_HOLE = (0.02, 60.0)  # s: shorter is jitter, longer is a clock that was set
_SLACK = 0.25  # s a file may be shorter than declared and still count as whole
_DEMUXERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,matroska,webm,mov,mp4,m4a,mp3,mpc,"
    "mpc8,mpeg,mpegts,ogg,oma,rm,tta,voc,w64,wav,wv"
)
OPTIONS = {  # no playlists, no net, and no more streams than a film has
    "format_whitelist": _DEMUXERS,
    "protocol_whitelist": "file",
    "max_streams": "100",
}
_PATIENCE = 20.0  # s FFmpeg may stay in one call
_RATES = (1_000, 768_000)  # Hz; converting from what lies outside takes memory without end
_MOST_CHANNELS = 64
_MOST_SAMPLES = 8 * 441_000  # in a block, over all its channels
_TRUE_LENGTHS = {"flac", "aiff", "mov", "matroska", "w64", "caf", "ape", "tta"}

Kind = tuple[int, tuple[str, ...]]
"""Sample rate (Hz) and names of the channels."""


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, AudioStream]]:
    """Open a file and find its sound.

    Only formats that hold sound themselves are tried, never playlists, and only local files.

    Parameters
    ----------
    path : Path
        A file.

    Yields
    ------
    container, stream
        FFmpeg's, closed on leaving.

    Raises
    ------
    Empty, NotAudio, Damaged
        If there is nothing in the file, no sound, or a beginning without the rest.
    OSError
        If the file cannot be opened.
    """
    _require_bytes(path)
    try:
        container = av.open(
            str(path.resolve()),
            options={**OPTIONS, "codec_whitelist": decoders()},
            metadata_errors="replace",
            timeout=_PATIENCE,
        )
    except (av.FFmpegError, ValueError) as error:  # some are OSErrors, of a file we can read
        if headers.begins_like_audio(path):
            raise Damaged("This file begins like audio, but nothing in it can be read.") from error
        raise NotAudio("This file is not audio, or not in a format we can read.") from error
    with container:
        stream = container.streams.best("audio")
        if not isinstance(stream, AudioStream):
            raise NotAudio("There is no sound in this file.")
        _require_sane(stream)
        yield container, stream


def _require_bytes(path: Path) -> None:
    """Fail here where the file cannot be read, so that later failures are the recording's."""
    with path.open("rb") as file:
        if not file.read(1):
            raise Empty("This file is empty.")


def _require_sane(stream: AudioStream) -> None:
    decoder = stream.codec_context  # None: nobody knows how to decode this
    if not decoder or not stream.channels or not _RATES[0] <= (stream.rate or 0) <= _RATES[1]:
        raise NotAudio("This file is not audio, or not in a format we can read.")
    if stream.channels > _MOST_CHANNELS:
        raise NotAudio(
            f"This file has {stream.channels} channels; we read sound of up to {_MOST_CHANNELS}."
        )


@cache
def decoders() -> str:
    """Return the names of all audio decoders: no pictures are decoded to find the sound."""
    return ",".join(sorted(filter(_decodes_sound, av.codecs_available)))


def _decodes_sound(name: str) -> bool:
    try:
        return Codec(name, "r").type == "audio"
    except UnknownCodecError:  # it only encodes
        return False


def declared_seconds(container: InputContainer, stream: AudioStream) -> float | None:
    """How long a file says it is.

    Parameters
    ----------
    container, stream
        As `opened` yields them.

    Returns
    -------
    float or None
        In seconds; None where nothing is said.
    """
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / 1e6 if container.duration else None


class Decoding:
    """One pass over a file: `blocks` yields its sound, the rest says how it went.

    Parameters
    ----------
    path : Path
        An audio file.
    longest : float
        In seconds; a file that goes on for longer, whatever its header says, is refused.

    Attributes
    ----------
    seconds : float
        Decoded so far.
    not_finite : int
        Samples that were no finite (or no sane) numbers, now 0.
    """

    def __init__(self, path: Path, longest: float = float("inf")) -> None:
        self.path, self.longest = path, longest
        self.seconds = 0.0
        self.not_finite = 0
        self._declared = 0.0
        self._promised = False  # the declared length is the header's word, not a guess
        self._cut_short = False  # the bytes end before what the structure announces
        self._failed = False  # the decoder or the demultiplexer gave up
        self._lost = 0.0  # s of packets in a row that could not be decoded

    @property
    def breaks_off(self) -> bool:
        """Whether the file ended before it was over."""
        missing = self._declared - self.seconds if self._promised else 0.0
        return self._failed or self._cut_short or max(self._lost, missing) > _SLACK

    @property
    def fraction(self) -> float:
        """How much of the file is decoded, 0..1, as far as its length is known."""
        return min(1.0, self.seconds / self._declared) if self._declared else 0.0

    def blocks(self, rate: int | None, channels: int | None, length: int) -> Iterator[Clip]:
        """Yield clips of `length` frames, the last one shorter; at least one.

        Parameters
        ----------
        rate, channels : int or None
            What is wanted, in Hz and number; the file's own where None.
        length : int
            In frames; fewer where that many channels of it would fill the memory.

        Yields
        ------
        Clip [shape=(channels, length)]

        Raises
        ------
        Empty, NotAudio, Damaged
            As `opened`, and where no sample is found.
        TooLong
            Once more than `longest` seconds were decoded.
        """
        with opened(self.path) as (container, stream):
            self._look_at(container, stream)
            rate, channels = rate or stream.rate, channels or stream.channels
            length = min(length, _MOST_SAMPLES // channels)
            waiting = np.zeros((channels, 0), np.float32)
            for samples in self._converted(self._pieces(container, stream), rate, channels):
                waiting = np.concatenate([waiting, samples], axis=1)
                while waiting.shape[1] >= length:
                    yield Clip(waiting[:, :length].copy(), rate)
                    waiting = waiting[:, length:]
            if waiting.shape[1]:
                yield Clip(waiting, rate)
        if not self.seconds:
            raise self._why_nothing()

    def _look_at(self, container: InputContainer, stream: AudioStream) -> None:
        """Note what the header promises."""
        names = set(container.format.name.split(","))
        self._declared = declared_seconds(container, stream) or 0.0
        self._promised = bool(names & _TRUE_LENGTHS)
        if "mp3" in names:
            self._promised = headers.mp3_states_length(self.path)
        if "wav" in names:
            self._cut_short = headers.wav_is_cut_short(self.path)
        if "ogg" in names:
            self._cut_short = headers.ogg_is_cut_short(self.path)

    def _converted(
        self, pieces: Iterator[tuple[Samples, Kind]], rate: int, channels: int
    ) -> Iterator[Samples]:
        """Sound at one rate with one number of channels, whatever the file does."""
        resampler: Resampler | None = None
        for samples, (own_rate, names) in _gathered(pieces):
            if resampler is None or own_rate != resampler.source:
                if resampler:
                    yield resampler.rest()
                resampler = Resampler(channels, own_rate, rate)
            yield resampler.feed(mixing.mix(self._finite(samples), channels, names))
        if resampler:
            yield resampler.rest()

    def _pieces(
        self, container: InputContainer, stream: AudioStream
    ) -> Iterator[tuple[Samples, Kind]]:
        """Frame by frame, holes filled with silence and padding at the end left off."""
        expected: float | None = None
        padded = "mov" in container.format.name
        for frame in self._frames(container, stream):
            rate = frame.sample_rate
            kind = (rate, tuple(channel.name for channel in frame.layout.channels))
            hole = 0.0 if frame.time is None or expected is None else frame.time - expected
            expected = None if frame.time is None else frame.time + frame.samples / rate
            room = self._declared - self.seconds
            if _HOLE[0] < hole < _HOLE[1] and room > 0:
                for silence in _silence(frame.layout.nb_channels, round(min(hole, room) * rate)):
                    yield self._counted(silence, rate), kind
            samples = samples_of(frame)
            if padded and 0 < round(room * rate) < samples.shape[1]:
                samples = samples[:, : round(room * rate)]
            yield self._counted(samples, rate), kind

    def _counted(self, samples: Samples, rate: int) -> Samples:
        self.seconds += samples.shape[1] / rate
        if self.seconds > self.longest:
            raise TooLong(f"This recording is longer than {self.longest / 60:.0f} minutes.")
        return samples

    def _frames(self, container: InputContainer, stream: AudioStream) -> Iterator[av.AudioFrame]:
        """Every frame that can be decoded; a packet that cannot is passed over."""
        for packet in self._packets(container, stream):
            try:
                frames = [frame for frame in packet.decode() if _is_sane(frame)]
            except av.FFmpegError:
                self._lost += float((packet.duration or 0) * (packet.time_base or 0)) or 0.02
                self._failed = self._lost > _LONGEST_LOSS
            else:
                self._lost = 0.0 if frames else self._lost
                yield from frames
            if self._failed:
                return

    def _packets(self, container: InputContainer, stream: AudioStream) -> Iterator[Any]:
        """Packets until the end or until the container can be followed no further."""
        while True:
            try:
                yield from container.demux(stream)
            except IndexError:  # PyAV does not know a stream that begins in the middle
                continue
            except av.FFmpegError:
                self._failed = True
            return

    def _finite(self, samples: Samples) -> Samples:
        sane = np.abs(samples) < _ABSURD
        if sane.all():
            return samples
        self.not_finite += int(np.count_nonzero(~sane))
        return np.where(sane, samples, np.float32(0))

    def _why_nothing(self) -> AudioError:
        if self.breaks_off or self._lost:
            return Damaged("Nothing in this file can be decoded.")
        return Empty("There is no sound in this file: it has no samples.")


def _is_sane(frame: Any) -> bool:
    """Whether it is sound, of a rate and so many channels that it can be worked on."""
    return (
        isinstance(frame, av.AudioFrame)
        and _RATES[0] <= frame.sample_rate <= _RATES[1]
        and frame.layout.nb_channels <= _MOST_CHANNELS
    )


def _silence(channels: int, frames: int) -> Iterator[Samples]:
    """So many frames of it, in pieces."""
    for start in range(0, frames, _CHUNK_FRAMES):
        yield np.zeros((channels, min(_CHUNK_FRAMES, frames - start)), np.float32)


def _gathered(pieces: Iterator[tuple[Samples, Kind]]) -> Iterator[tuple[Samples, Kind]]:
    """Join small pieces of one kind, so that what follows costs little."""
    parts: list[Samples] = []
    frames, kind = 0, (0, ())  # type: int, Kind
    for samples, now in pieces:
        if parts and (now != kind or frames >= _CHUNK_FRAMES):
            yield np.concatenate(parts, axis=1), kind
            parts, frames = [], 0
        kind = now
        parts.append(samples)
        frames += samples.shape[1]
    if parts:
        yield np.concatenate(parts, axis=1), kind


def samples_of(frame: av.AudioFrame) -> Samples:
    """Return a frame's samples as float32 [channels, n], full scale at -1..1."""
    if frame.format.name.startswith("s64"):  # numpy has these, PyAV does not
        (frame,) = av.AudioResampler("dbl").resample(frame)
    raw = frame.to_ndarray()
    if not frame.format.is_planar:
        raw = raw.reshape(-1, frame.layout.nb_channels).T
    if raw.dtype == np.uint8:
        return (raw.astype(np.float32) - 128) / np.float32(128)
    if raw.dtype.kind == "i":
        return raw.astype(np.float32) / np.float32(2.0 ** (8 * raw.dtype.itemsize - 1))
    return np.ascontiguousarray(raw, np.float32)
