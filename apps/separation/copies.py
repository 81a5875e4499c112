"""Stems in other formats than the one they are kept in."""

from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from apps.files import blobs, renditions
from apps.files.models import Blob
from apps.files.streams import stream
from audio.formats import FORMATS, Format

KEPT = "flac"
OFFERED = renditions.OFFERED  # those that can be sent while they are converted
BITRATES = {  # in kbit/s, of formats that lose something: what each is called in audio.formats
    name: {
        row.bit_rate // 1000: row.name
        for row in FORMATS.values()
        if row.bit_rate and row.name.partition("-")[0] == name
    }
    for name in OFFERED
    if not FORMATS[name].lossless
}


def form(name: str, bitrate: int | None = None) -> Format:
    """The format of this name and bit rate (kbit/s). Raises `ValidationError` if none is offered.

    Without a bit rate it is the format's usual one.
    """
    if name not in OFFERED:
        raise ValidationError({"format": [f"“{name}” is not one of {', '.join(OFFERED)}."]})
    if bitrate is None:
        return FORMATS[name]
    rates = BITRATES.get(name)
    if not rates:
        raise ValidationError({"bitrate": [f"{FORMATS[name].title} loses nothing: it has none."]})
    if bitrate not in rates:
        said = f"{FORMATS[name].title} is offered at {', '.join(map(str, sorted(rates)))} kbit/s."
        raise ValidationError({"bitrate": [said]})
    return FORMATS[rates[bitrate]]


def answer(request: HttpRequest, blob: Blob, wanted: Format, name: str) -> HttpResponseBase:
    """A stem as a file of this format, or a range of it if there is such a copy already."""
    title = f"{name}{wanted.suffix}"
    found = at_hand(blob, wanted)
    if found is not None:
        return stream(request, found, name=title)
    response = StreamingHttpResponse(
        renditions.converted(blob, wanted.name), content_type=wanted.content_type
    )
    if request.GET.get("download"):
        response["Content-Disposition"] = saved_as(title)
    return response


def saved_as(name: str) -> str:
    """The header that makes a download of an answer."""
    return content_disposition_header(as_attachment=True, filename=name) or "attachment"


def at_hand(blob: Blob, wanted: Format) -> Blob | None:
    """The stem itself or the copy of it in this format, if there is one yet."""
    return blob if wanted.name == KEPT else renditions.kept(blob, wanted.name)


def parts(blob: Blob, wanted: Format) -> Iterator[bytes]:
    """The bytes of a stem in this format, block by block."""
    found = at_hand(blob, wanted)
    if found is not None:
        return blobs.read_range(found, 0, found.size)
    return renditions.converted(blob, wanted.name)
