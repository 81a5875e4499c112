"""Writing sound to a file, block by block, in every format of `audio.formats`."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer

from audio import channels as mixing
from audio import formats
from audio.clip import Clip, Samples
from audio.resample import Resampler

_FRAME = 16_384


class Writer:
    """Writes a file block by block; a context manager.

    The file appears under its name when the block is left; after an exception it does not
    appear at all, and what was there before stays. 16 and 24-bit formats are rounded and clipped.

    Parameters
    ----------
    path : Path
        Where to.
    sample_rate, channels : int
        Of the clips to come, in Hz and number. A format that cannot hold them (MP3 of 192 kHz or
        8 channels) gets the nearest it can: resampled, and mixed down to two.
    format : str
        A name in `audio.formats.FORMATS`.
    tags : mapping of str to str, optional
        "title", "artist", "album" and what else the format takes.

    Raises
    ------
    UnknownFormat
        If there is no such format.
    """

    def __init__(
        self,
        path: Path,
        *,
        sample_rate: int,
        channels: int,
        format: str = "flac",
        tags: Mapping[str, str] | None = None,
    ) -> None:
        self.path = path
        self.format = formats.by_name(format)
        self.sample_rate, self.channels = sample_rate, channels
        self._rate = _nearest(sample_rate, self.format.rates)
        self._width = channels if channels <= self.format.max_channels else 2
        self._part = path.with_name(f".{path.name}.part")
        self._tags = dict(tags or {})
        self._written = 0

    def __enter__(self) -> Self:
        self._resampler = Resampler(self._width, self.sample_rate, self._rate)
        self._container = self._opened()
        self._container.metadata.update(self._tags)
        self._stream = self._new_stream()
        self._container.start_encoding()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._encode(self._resampler.rest())
                self._container.mux(self._stream.encode(None))
            self._container.close()
            if kind is None:
                self._keep()
        finally:
            self._part.unlink(missing_ok=True)

    def _opened(self) -> OutputContainer:
        return av.open(
            str(self._part.absolute()),
            "w",
            format=self.format.container,
            container_options=dict(self.format.options),
        )

    def _keep(self) -> None:
        self._part.replace(self.path)

    def write(self, clip: Clip) -> None:
        """Append a clip [channels, n].

        Raises
        ------
        ValueError
            If its rate or number of channels are not those the writer was made for.
        """
        if (clip.sample_rate, clip.channels) != (self.sample_rate, self.channels):
            raise ValueError(
                f"{clip.channels} channels at {clip.sample_rate} Hz do not fit a file of "
                f"{self.channels} at {self.sample_rate} Hz."
            )
        self._encode(self._resampler.feed(mixing.mix(clip.samples, self._width)))

    def _new_stream(self) -> AudioStream:
        codec: Any = self.format.codec
        stream: AudioStream = self._container.add_stream(codec, rate=self._rate)
        stream.layout = f"{self._width}c"
        stream.format = self.format.sample_format
        if self.format.bit_rate:
            stream.bit_rate = self.format.bit_rate * self._width // 2
        return stream

    def _encode(self, samples: Samples) -> None:
        for start in range(0, samples.shape[1], _FRAME):
            data = _as_format(samples[:, start : start + _FRAME], self.format.sample_format)
            frame = av.AudioFrame.from_ndarray(
                data, format=self.format.sample_format, layout=f"{self._width}c"
            )
            frame.sample_rate, frame.pts = self._rate, self._written
            self._written += min(_FRAME, samples.shape[1] - start)
            self._container.mux(self._stream.encode(frame))


def write(
    path: Path, clip: Clip, *, format: str | None = None, tags: Mapping[str, str] | None = None
) -> None:
    """Write a clip to a file.

    Parameters
    ----------
    path : Path
        Where to.
    clip : Clip [shape=(channels, n)]
        The sound.
    format : str, optional
        A name in `audio.formats.FORMATS`; found from the path's suffix when None.
    tags : mapping of str to str, optional
        As `Writer`.

    Raises
    ------
    UnknownFormat
        If there is no such format.
    """
    name = format or formats.by_suffix(path).name
    with Writer(
        path, sample_rate=clip.sample_rate, channels=clip.channels, format=name, tags=tags
    ) as writer:
        writer.write(clip)


def _nearest(rate: int, rates: tuple[int, ...]) -> int:
    """The lowest rate that loses nothing, or the highest there is."""
    return rate if not rates else min((r for r in rates if r >= rate), default=rates[-1])


def _as_format(samples: Samples, name: str) -> Any:
    """Samples as FFmpeg wants them: packed [1, n * channels] or planar [channels, n]."""
    if name == "fltp":
        return np.ascontiguousarray(samples)
    packed = np.ascontiguousarray(samples.T).reshape(1, -1)
    if name == "s16":
        return np.clip(np.rint(packed * 32768), -32768, 32767).astype(np.int16)
    if name == "s32":  # FFmpeg writes the upper 24 bits
        whole = np.clip(np.rint(packed.astype(np.float64) * 2**23), -(2**23), 2**23 - 1)
        return whole.astype(np.int32) << 8
    return packed
