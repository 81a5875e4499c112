"""Recordings in other formats: converted while they are sent, and kept for the next time."""

from collections.abc import Iterator

from apps.files import blobs
from apps.files.models import Blob, Rendition
from audio import transcode
from audio.formats import FORMATS

OFFERED = ("mp3", "opus", "flac", "wav")


def kept(source: Blob, name: str) -> Blob | None:
    """The copy in this format; None where nobody has listened to one to its end yet."""
    found = Rendition.objects.filter(source=source, format=name).select_related("blob").first()
    return found.blob if found else None


def converted(source: Blob, name: str) -> Iterator[bytes]:
    """The bytes as they are made; when all were taken, the copy is kept."""
    with blobs.local_copy(source) as path, blobs.scratch() as folder:
        sent = folder / f"sent{FORMATS[name].suffix}"
        with sent.open("wb") as file:
            for part in transcode.streamed(path, name):
                file.write(part)
                yield part
        copy = folder / f"copy{FORMATS[name].suffix}"
        transcode.finished(sent, copy, name)
        _keep(source, name, blobs.store(copy, content_type=FORMATS[name].content_type))


def _keep(source: Blob, name: str, blob: Blob) -> None:
    """Of two who converted at once, one copy is kept; the other's bytes are swept."""
    Rendition.objects.get_or_create(source=source, format=name, defaults={"blob": blob})
