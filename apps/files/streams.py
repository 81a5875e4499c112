"""Stored bytes over HTTP: ranges, so that a player can seek, in bounded blocks."""

import re
from collections.abc import Iterator
from urllib.parse import quote

from django.db import close_old_connections
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)

from apps.files import blobs
from apps.files.models import Blob
from apps.files.stored import place

RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})$")


def stream(request: HttpRequest, blob: Blob, *, name: str) -> HttpResponseBase:
    """The blob or the part of it that was asked for; `?download=1` saves it under this name."""
    if address := _elsewhere(request, blob, name):
        return HttpResponseRedirect(address, headers={"Cache-Control": "no-store"})
    etag = f'"{blob.sha256}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers={"ETag": etag})
    span = _span(request, blob, etag)
    if span is None:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{blob.size}"})
    return _response(request, blob, span, {**_disposition(request, name), "ETag": etag})


def _elsewhere(request: HttpRequest, blob: Blob, name: str) -> str:
    """Where to save it from without us. Players and the mixer may not read from there."""
    if request.method != "GET" or not request.GET.get("download"):
        return ""
    storage = place(blob.storage)
    return storage.address(blob.key, name=name, content_type=blob.content_type)


def _span(request: HttpRequest, blob: Blob, etag: str) -> tuple[int, int] | None:
    """First byte and the one behind the last; None when they lie outside of the blob."""
    asked = RANGE.match(request.headers.get("Range", ""))
    if not asked or request.headers.get("If-Range", etag) != etag or asked[0] == "bytes=-":
        return 0, blob.size
    first, last = asked[1], asked[2]
    if not first:  # the last n bytes
        start, stop = max(blob.size - int(last), 0), blob.size
    else:
        start, stop = int(first), min(int(last) + 1 if last else blob.size, blob.size)
    return (start, stop) if start < stop else None


def _response(
    request: HttpRequest, blob: Blob, span: tuple[int, int], headers: dict[str, str]
) -> HttpResponseBase:
    start, stop = span
    partial = "Range" in request.headers and span != (0, blob.size)
    headers |= {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=0, must-revalidate",
        "Content-Length": str(stop - start),
        "X-Content-Type-Options": "nosniff",
    }
    if partial:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{blob.size}"
    return StreamingHttpResponse(
        _blocks(blob, start, stop),
        status=206 if partial else 200,
        content_type=blob.content_type,
        headers=headers,
    )


def _blocks(blob: Blob, start: int, stop: int) -> Iterator[bytes]:
    close_old_connections()  # a long download needs no database
    try:
        return blobs.read_range(blob, start, stop)
    except FileNotFoundError as error:  # `check_storage` finds such, and what depends on them
        raise Http404(f"{blob} is gone") from error


def _disposition(request: HttpRequest, name: str) -> dict[str, str]:
    if not request.GET.get("download"):
        return {}
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
