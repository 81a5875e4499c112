"""All stems in one archive, written while it is sent: no more than a block is in memory."""

import zipfile
from collections.abc import Iterator
from datetime import datetime

from django.http import HttpResponseBase, StreamingHttpResponse

from apps.separation import copies
from apps.separation.models import Separation, Stem
from audio.formats import Format

RATE, CHANNELS = 96_000, 2  # at most, of a stem
NO_NAMES = str.maketrans({character: "_" for character in '/\\:*?"<>|'})  # in files anywhere


class _Tap:
    """Where an archive is written to when nobody can go back: bytes to be taken away."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """There is nothing to hurry."""

    def close(self) -> None:
        """There is nothing to close."""

    def take(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken


def answer(separation: Separation, wanted: Format) -> HttpResponseBase:
    """The archive as a download."""
    name = f"{plain(separation.track.title)} - stems.zip"
    return StreamingHttpResponse(
        zipped(separation, separation.stems, wanted),
        content_type="application/zip",
        headers={"Content-Disposition": copies.saved_as(name)},
    )


def zipped(separation: Separation, stems: list[Stem], wanted: Format) -> Iterator[bytes]:
    """An archive of stems, stored as they are: sound in these formats is packed already."""
    tap = _Tap()
    made_at = separation.stem_set.completed_at or separation.created_at
    with zipfile.ZipFile(tap, "w") as archive:
        for stem in stems:
            name = f"{plain(separation.track.title)} - {stem.name}{wanted.suffix}"
            with archive.open(_entry(name, separation, made_at), "w") as entry:
                for part in copies.parts(stem.blob, wanted):
                    entry.write(part)
                    yield tap.take()
    yield tap.take()


def _entry(name: str, separation: Separation, made_at: datetime) -> zipfile.ZipInfo:
    """What the archive says of a file before its bytes; of the size only what it can be at most,
    which decides whether it needs room for more than 4 GB."""
    entry = zipfile.ZipInfo(name, made_at.timetuple()[:6])
    entry.file_size = int(separation.track.seconds * RATE * CHANNELS * 2)
    entry.external_attr = 0o644 << 16
    return entry


def plain(title: str) -> str:
    """A title as the name of a file that every system takes."""
    return title.translate(NO_NAMES).strip(" .")[:120] or "song"
