"""A recording in another format: as bytes while it is being converted, and then as a file."""

from collections.abc import Iterator
from pathlib import Path

import av
from av.container import OutputContainer

from audio import formats, io
from audio.writer import Writer

LOSSY_RATE = 44_100  # Hz
STEREO = 2
BLOCK = 88_200  # frames: some seconds, so that the first bytes come soon


class _Tap:
    """Where FFmpeg writes to when nobody can go back: bytes to be taken away."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken


class _Stream(Writer):
    """A writer that keeps no file."""

    tap: _Tap

    def _opened(self) -> OutputContainer:
        self.tap = _Tap()
        return av.open(self.tap, "w", format=self.format.container)

    def _keep(self) -> None:
        return


def streamed(path: Path, name: str) -> Iterator[bytes]:
    """Convert a recording, and give its bytes as they come.

    Nothing can be written back into the beginning, so such a stream does not say how long it is;
    `finished` makes a file that does.

    Parameters
    ----------
    path : Path
        An audio file.
    name : str
        A name in `audio.formats.FORMATS` whose container can be streamed (M4A cannot).

    Yields
    ------
    bytes
        Of any length; memory is bounded by some seconds of sound.

    Raises
    ------
    Empty, NotAudio, Damaged, UnknownFormat
        Before the first byte.
    """
    header = io.probe(path)
    rate = header.sample_rate if formats.by_name(name).lossless else LOSSY_RATE
    channels = min(header.channels, STEREO)
    with _Stream(path, sample_rate=rate, channels=channels, format=name) as writer:
        for block in io.blocks(path, sample_rate=rate, channels=channels, block_frames=BLOCK):
            writer.write(block)
            yield writer.tap.take()
    yield writer.tap.take()


def finished(stream: Path, out: Path, name: str) -> None:
    """Make a file that can be seeked in of what `streamed` gave.

    The packets of lossy formats are copied as they are; lossless ones are encoded again.

    Parameters
    ----------
    stream, out : Path
        Where the bytes are, and where the file goes.
    name : str
        The same as for `streamed`.
    """
    form = formats.by_name(name)
    if form.lossless:
        facts = io.probe(stream)
        with Writer(
            out, sample_rate=facts.sample_rate, channels=facts.channels, format=name
        ) as writer:
            for block in io.blocks(stream):
                writer.write(block)
        return
    with av.open(str(stream)) as source, av.open(str(out), "w", format=form.container) as target:
        sound = source.streams.audio[0]
        copy = target.add_stream_from_template(sound)
        for packet in source.demux(sound):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)
