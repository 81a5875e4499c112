"""What the first and last bytes of a file say of it, where FFmpeg keeps that to itself."""

from pathlib import Path

_STARTS = (b"ID3", b"fLaC", b"OggS", b"RIFF", b"RF64", b"FORM", b"\x1aE\xdf\xa3")
_UNKNOWN_SIZE = 0x7FFFF000
_LONGEST_OGG_PAGE = 65_307


def begins_like_audio(path: Path) -> bool:
    """Whether the first bytes are those of an audio file, whatever became of the rest.

    Parameters
    ----------
    path : Path
        A file.

    Returns
    -------
    bool
        True for the signatures of MP3 tags, FLAC, Ogg, WAV, AIFF, Matroska and MP4.
    """
    with path.open("rb") as file:
        head = file.read(12)
    return head.startswith(_STARTS) or head[4:8] == b"ftyp"


def mp3_states_length(path: Path) -> bool:
    """Whether an MP3 file says how many frames it has (a Xing, Info or VBRI header).

    Without one FFmpeg guesses the length from the size and the first bit rate, and a guess must
    not be taken for a promise that the file breaks.

    Parameters
    ----------
    path : Path
        An MP3 file, with or without an ID3v2 tag in front.

    Returns
    -------
    bool
    """
    with path.open("rb") as file:
        head = file.read(10)
        if head[:3] == b"ID3" and len(head) == 10:
            a, b, c, d = (byte & 127 for byte in head[6:10])
            file.seek(10 + (a << 21 | b << 14 | c << 7 | d))
        else:
            file.seek(0)
        first = file.read(4096)
    return any(mark in first for mark in (b"Xing", b"Info", b"VBRI"))


def wav_is_cut_short(path: Path) -> bool:
    """Whether a WAV file ends before the samples its header announces.

    A size of 0 or near the 2^31 and 2^32 limits stands for "unknown" (written by recorders that
    could not seek back), so it announces nothing.

    Parameters
    ----------
    path : Path
        A RIFF file.

    Returns
    -------
    bool
    """
    length = path.stat().st_size
    with path.open("rb") as file:
        position = 12
        for _ in range(1000):
            file.seek(position)
            chunk = file.read(8)
            if len(chunk) < 8:
                return False
            size = int.from_bytes(chunk[4:], "little")
            if chunk[:4] == b"data":
                return size < _UNKNOWN_SIZE and position + 8 + size > length
            position += 8 + size + size % 2
    return False


def ogg_is_cut_short(path: Path) -> bool:
    """Whether an Ogg file ends in the middle of a page.

    Parameters
    ----------
    path : Path
        An Ogg file (Vorbis, Opus, FLAC).

    Returns
    -------
    bool

    References
    ----------
    RFC 3533, section 6: the page header is 27 bytes and a table of segment sizes.
    """
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 2 * _LONGEST_OGG_PAGE))
        tail = file.read()
    page = tail[tail.rfind(b"OggS") :]
    if len(page) < 27:
        return True
    segments = page[27 : 27 + page[26]]
    return len(segments) < page[26] or 27 + len(segments) + sum(segments) > len(page)
