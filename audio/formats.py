"""The file formats sound can be written to, as data."""

from dataclasses import dataclass
from pathlib import Path

from audio.errors import UnknownFormat


@dataclass(frozen=True)
class Format:
    """How one file format is written.

    Parameters
    ----------
    name, title : str
        What programs and people call it.
    suffix, content_type : str
        File name ending (with its dot) and media type.
    container, codec, sample_format : str
        Names FFmpeg knows.
    rates : tuple of int
        Sample rates the codec takes, in Hz, ascending; empty for any.
    max_channels : int
        Sound of more channels is mixed down to two.
    bit_rate : int or None
        In bit/s; None where the codec loses nothing.
    options : tuple of (str, str)
        For the container.
    """

    name: str
    title: str
    suffix: str
    content_type: str
    container: str
    codec: str
    sample_format: str
    rates: tuple[int, ...] = ()
    max_channels: int = 8
    bit_rate: int | None = None
    options: tuple[tuple[str, str], ...] = ()

    @property
    def lossless(self) -> bool:
        """Whether the samples come back as they went in (to the sample format's precision)."""
        return self.bit_rate is None


_MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_AAC_RATES = (*_MP3_RATES, 64000, 88200, 96000)
_BIG_WAV = (("rf64", "auto"),)

FORMATS: dict[str, Format] = {
    row.name: row
    for row in (
        Format("flac", "FLAC", ".flac", "audio/flac", "flac", "flac", "s16"),
        Format("flac24", "FLAC (24-bit)", ".flac", "audio/flac", "flac", "flac", "s32"),
        Format(
            "wav", "WAV", ".wav", "audio/wav", "wav", "pcm_s16le", "s16", options=_BIG_WAV
        ),
        Format(
            "wav24", "WAV (24-bit)", ".wav", "audio/wav", "wav", "pcm_s24le", "s32",
            options=_BIG_WAV,
        ),
        Format(
            "wav-float", "WAV (32-bit float)", ".wav", "audio/wav", "wav", "pcm_f32le", "flt",
            options=_BIG_WAV,
        ),
        Format(
            "mp3", "MP3", ".mp3", "audio/mpeg", "mp3", "libmp3lame", "fltp",
            rates=_MP3_RATES, max_channels=2, bit_rate=256_000,
        ),
        Format(
            "mp3-128", "MP3 (128 kbit/s)", ".mp3", "audio/mpeg", "mp3", "libmp3lame", "fltp",
            rates=_MP3_RATES, max_channels=2, bit_rate=128_000,
        ),
        Format(
            "mp3-192", "MP3 (192 kbit/s)", ".mp3", "audio/mpeg", "mp3", "libmp3lame", "fltp",
            rates=_MP3_RATES, max_channels=2, bit_rate=192_000,
        ),
        Format(
            "mp3-320", "MP3 (320 kbit/s)", ".mp3", "audio/mpeg", "mp3", "libmp3lame", "fltp",
            rates=_MP3_RATES, max_channels=2, bit_rate=320_000,
        ),
        Format(
            "m4a", "M4A (AAC)", ".m4a", "audio/mp4", "ipod", "aac", "fltp",
            rates=_AAC_RATES, max_channels=2, bit_rate=224_000,
            options=(("movflags", "+faststart"),),
        ),
        Format(
            "opus", "Opus", ".opus", "audio/ogg", "opus", "libopus", "flt",
            rates=(48000,), max_channels=2, bit_rate=160_000,
        ),
        Format(
            "ogg", "Ogg (Opus)", ".ogg", "audio/ogg", "ogg", "libopus", "flt",
            rates=(48000,), max_channels=2, bit_rate=160_000,
        ),
        Format(
            "aiff", "AIFF", ".aiff", "audio/aiff", "aiff", "pcm_s16be", "s16",
            options=(("write_id3v2", "1"),),
        ),
    )
}  # fmt: skip


def by_name(name: str) -> Format:
    """Return the format of that name.

    Raises
    ------
    UnknownFormat
        If there is none; the sentence lists those there are.

    Examples
    --------
    >>> by_name("flac").content_type
    'audio/flac'
    """
    if name not in FORMATS:
        raise UnknownFormat(f"“{name}” is not a format that can be written: {_names()}.")
    return FORMATS[name]


def by_suffix(path: Path) -> Format:
    """Return the format a file's name asks for; the first in the table where two share it.

    Raises
    ------
    UnknownFormat
        If no format has that suffix.

    Examples
    --------
    >>> by_suffix(Path("song.WAV")).name
    'wav'
    """
    suffix = {".aif": ".aiff", ".mp4": ".m4a"}.get(path.suffix.lower(), path.suffix.lower())
    for row in FORMATS.values():
        if row.suffix == suffix:
            return row
    raise UnknownFormat(f"“{path.name}” does not end in a format that can be written: {_names()}.")


def _names() -> str:
    return ", ".join(FORMATS)
