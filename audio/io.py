"""Reading and writing audio files, streamed; the only module that touches them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audio.clip import Clip
from audio.decoding import Decoding, declared_seconds, opened
from audio.formats import FORMATS, Format
from audio.progress import Report, ignore
from audio.writer import Writer, write

__all__ = [
    "FORMATS", "Decoded", "Format", "Probe", "Writer", "blocks", "probe", "read", "verify",
    "write",
]  # fmt: skip

BLOCK_FRAMES = 441_000


@dataclass(frozen=True)
class Probe:
    """What a file's header says: Hz, seconds (None when not stated), tags ("" when absent)."""

    container: str
    codec: str
    sample_rate: int
    channels: int
    seconds: float | None
    title: str
    artist: str
    album: str
    genre: str = ""


@dataclass(frozen=True)
class Decoded:
    """What decoding a file to its end showed.

    `seconds` is `frames` / `sample_rate`; `damaged_at` is the second at which reading stops
    before the file is over (None: whole); `not_finite` counts samples that are no numbers.
    """

    frames: int
    sample_rate: int
    channels: int
    seconds: float
    damaged_at: float | None
    not_finite: int


def probe(path: Path) -> Probe:
    """Read the header of an audio file.

    Parameters
    ----------
    path : Path
        A file of any format FFmpeg reads; of a film the sound is taken.

    Returns
    -------
    Probe

    Raises
    ------
    Empty, NotAudio, Damaged
        If there is nothing in the file, no sound, or a beginning without the rest.
    OSError
        If the file cannot be opened.
    """
    with opened(path) as (container, stream):
        tags = {
            key.lower(): value.strip("\0 ")
            for key, value in (*stream.metadata.items(), *container.metadata.items())
        }
        return Probe(
            container=container.format.name.split(",")[0],
            codec=stream.codec_context.codec.canonical_name,
            sample_rate=stream.rate,
            channels=stream.channels,
            seconds=declared_seconds(container, stream),
            title=tags.get("title", ""),
            artist=tags.get("artist", ""),
            album=tags.get("album", ""),
            genre=tags.get("genre", ""),
        )


def verify(
    path: Path,
    listen: Callable[[Clip], None] | None = None,
    report: Report = ignore,
    *,
    longest: float = float("inf"),
) -> Decoded:
    """Decode a file to its very end, at its own rate and with its own channels.

    Parameters
    ----------
    path : Path
        An audio file.
    listen : callable, optional
        Hears every block of it, in order (a waveform's peaks are made so).
    report : Report
        Told the fraction decoded.
    longest : float
        In seconds. A header may lie about the length, so the sound itself is counted.

    Returns
    -------
    Decoded

    Raises
    ------
    Empty, NotAudio
        As `probe`; Empty also if the file is whole and has no samples.
    Damaged
        If nothing could be decoded.
    TooLong
        If there is more than `longest` of it.
    """
    decoding = Decoding(path, longest)
    frames = 0
    for block in decoding.blocks(None, None, BLOCK_FRAMES):
        frames += block.frames
        if listen is not None:
            listen(block)
        report(decoding.fraction)
    report(1.0)
    seconds = frames / block.sample_rate
    return Decoded(
        frames=frames,
        sample_rate=block.sample_rate,
        channels=block.channels,
        seconds=seconds,
        damaged_at=seconds if decoding.breaks_off else None,
        not_finite=decoding.not_finite,
    )


def blocks(
    path: Path,
    *,
    sample_rate: int | None = None,
    channels: int | None = None,
    block_frames: int = BLOCK_FRAMES,
) -> Iterator[Clip]:
    """Stream a file as clips of equal length, resampled and mixed as asked.

    Samples that are no finite numbers become 0. A hole in the middle that the file's time stamps
    show becomes silence; a damaged tail ends the stream quietly, and what was read stands.

    Parameters
    ----------
    path : Path
        An audio file.
    sample_rate, channels : int, optional
        What is wanted, in Hz and number; the file's own where None.
    block_frames : int
        Length of every clip but the last, which may be shorter.

    Yields
    ------
    Clip [shape=(channels, block_frames)]

    Raises
    ------
    Empty, NotAudio, Damaged
        As `verify`, before the first block.
    """
    yield from Decoding(path).blocks(sample_rate, channels, block_frames)


def read(path: Path, *, sample_rate: int | None = None, channels: int | None = None) -> Clip:
    """Read a whole file into memory; `blocks` is for long ones.

    Parameters
    ----------
    path : Path
        An audio file.
    sample_rate, channels : int, optional
        What is wanted, in Hz and number; the file's own where None.

    Returns
    -------
    Clip [shape=(channels, n)]

    Raises
    ------
    Empty, NotAudio, Damaged
        As `verify`.
    """
    clips = list(blocks(path, sample_rate=sample_rate, channels=channels))
    return Clip(np.concatenate([clip.samples for clip in clips], axis=1), clips[0].sample_rate)
