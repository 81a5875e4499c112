"""Uploads that survive a broken connection: tus 1.0 (https://tus.io/protocols/resumable-upload)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import http_date
from django.utils.timezone import now
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import APIException
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.files import partial, resumable
from apps.files.models import Upload
from apps.files.uploads import TooLarge
from apps.library import tus_headers

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
PIECE = "application/offset+octet-stream"
SILENCE = 30.0  # seconds without a byte after which a connection counts as broken
OVERRIDES = {"PATCH", "DELETE", "HEAD"}  # for those whose proxy lets only POST through


class Refused(APIException):
    """A status, a code and a sentence."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence, code)
        self.status_code = status


class Unread(BaseParser):
    """Leaves the body alone, also when the CSRF check looks for a form in it."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> QueryDict:
        return QueryDict()


class TusView(APIView):
    """What all of them share: the version, a body that nobody reads before us, no cache."""

    parser_classes = [Unread]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        wanted = request.headers.get("X-HTTP-Method-Override", "").upper()
        if request.method == "POST" and wanted in OVERRIDES:
            request.method = wanted
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        asked = request.headers.get("Tus-Resumable")
        if request.method != "OPTIONS" and asked != VERSION:
            raise Refused(
                412, "version", f"Say “Tus-Resumable: {VERSION}”; nothing else is known."
            )

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Tus-Resumable"] = VERSION
        response["Cache-Control"] = "no-store"
        if response.status_code == 412:
            response["Tus-Version"] = VERSION
        return response

    @extend_schema(exclude=True)
    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """What this server can do."""
        return Response(
            status=204,
            headers={
                "Tus-Version": VERSION,
                "Tus-Extension": EXTENSIONS,
                "Tus-Max-Size": str(settings.MAX_UPLOAD_BYTES),
                "Tus-Checksum-Algorithm": ",".join(resumable.ALGORITHMS),
            },
        )


def _in(name: str, description: str, *, required: bool = False) -> OpenApiParameter:
    return OpenApiParameter(name, str, "header", required=required, description=description)


TUS = _in("Tus-Resumable", f"The protocol's version, {VERSION}.", required=True)
CHECKSUM = _in("Upload-Checksum", "Algorithm and base64 of this request's bytes.")
TROUBLE = {
    411: OpenApiResponse(description="The request does not say how long it is."),
    412: OpenApiResponse(description="Another version of the protocol."),
    413: OpenApiResponse(description="More than this server takes, or than was announced."),
    415: OpenApiResponse(description=f"The bytes must be {PIECE}."),
    422: OpenApiResponse(description="The file is whole, and is no recording."),
    423: OpenApiResponse(description="Another request writes to this upload."),
    460: OpenApiResponse(description="The checksum is not that of the bytes that came."),
}


class UploadsView(TusView):
    """Begin an upload."""

    @extend_schema(
        operation_id="uploads_create",
        parameters=[
            TUS, CHECKSUM,
            _in("Upload-Length", "Bytes of the whole file.", required=True),
            _in("Upload-Metadata", "`filename` and its base64."),
        ],
        request={PIECE: OpenApiTypes.BINARY},
        responses={201: OpenApiResponse(description="`Location` is the upload."), **TROUBLE},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Begin a resumable upload (tus 1.0); the first bytes may come along."""
        size = tus_headers.size(request.headers)
        name, metadata = tus_headers.metadata(request.headers)
        brings = _count(request) > 0
        if brings:
            _require_piece(request)
        checksum = tus_headers.checksum(request.headers)
        with _told():
            upload = resumable.begin_upload(
                owner=request.user, size=size, filename=name, metadata=metadata
            )
            headers = {}
            if brings or not size:
                piece = resumable.Piece(0, _count(request), _reader(request), checksum)
                headers = _taken(upload, piece, request)
        where = reverse("api:upload", args=[upload.pk])
        return Response(status=201, headers={"Location": where, **_state(upload), **headers})


class UploadView(TusView):
    """One upload, for its owner."""

    def head(self, request: Request, pk: UUID) -> Response:
        """How much is here. A file that is whole, but was not taken in, is taken in now."""
        upload = _own(request, pk)
        with _told():
            if not upload.track_id and resumable.offset_of(upload) == upload.size:
                resumable.finish_upload(upload)
        headers = {"Upload-Length": str(upload.size), **_state(upload)}
        if upload.metadata:
            headers["Upload-Metadata"] = upload.metadata
        return Response(headers=headers)

    @extend_schema(
        operation_id="uploads_continue",
        parameters=[TUS, CHECKSUM, _in("Upload-Offset", "Bytes sent so far.", required=True)],
        request={PIECE: OpenApiTypes.BINARY},
        responses={
            204: OpenApiResponse(
                description="Kept; after the last byte `Upload-Track` is the file's id."
            ),
            409: OpenApiResponse(description="The bytes do not follow those that are here."),
            **TROUBLE,
        },
    )
    def patch(self, request: Request, pk: UUID) -> Response:
        """The next bytes of an upload (tus 1.0)."""
        _require_piece(request)
        offset = tus_headers.number(request.headers, "Upload-Offset")
        checksum = tus_headers.checksum(request.headers)
        upload = _own(request, pk)
        piece = resumable.Piece(offset, _count(request), _reader(request), checksum)
        headers = _taken(upload, piece, request)
        return Response(status=204, headers={**_state(upload), **headers})

    @extend_schema(
        operation_id="uploads_destroy",
        parameters=[TUS],
        responses={204: None, 412: TROUBLE[412], 423: TROUBLE[423]},
    )
    def delete(self, request: Request, pk: UUID) -> Response:
        """Give an upload up; a file that was made of it stays."""
        with _told():
            resumable.give_up(_own(request, pk))
        return Response(status=204)


def _own(request: Request, pk: UUID) -> Upload:
    return get_object_or_404(Upload, pk=pk, owner=request.user, expires_at__gt=now())


def _state(upload: Upload) -> dict[str, str]:
    headers = {
        "Upload-Offset": str(resumable.offset_of(upload)),
        "Upload-Expires": http_date(upload.expires_at.timestamp()),
    }
    if upload.track_id:
        headers["Upload-Track"] = str(upload.track_id)
    return headers


def _count(request: Request) -> int:
    """How many bytes the request announces."""
    if "Transfer-Encoding" in request.headers:
        raise Refused(411, "length_required", "Say with Content-Length how many bytes you send.")
    return tus_headers.number({"Content-Length": "0", **request.headers}, "Content-Length")


def _require_piece(request: Request) -> None:
    if request.content_type != PIECE:
        raise Refused(415, "media_type", f"Send the bytes as {PIECE}.")


def _reader(request: Request):
    """Reads the body; a connection that breaks is the end of it."""

    def read(count: int) -> bytes:
        try:
            return request.read(count)
        except OSError:
            return b""

    return read


def _taken(upload: Upload, piece: resumable.Piece, request: Request) -> dict[str, str]:
    with _told(), _impatient(request):
        created = resumable.continue_upload(upload, piece)
    return {"Upload-Duplicate": "true"} if created is False else {}


@contextmanager
def _impatient(request: Request) -> Iterator[None]:
    """Do not wait for a client that is gone without a word: it could not resume meanwhile."""
    sock = request.META.get("gunicorn.socket")
    if sock is not None:
        sock.settimeout(SILENCE)
    try:
        yield
    finally:
        if sock is not None:
            sock.settimeout(None)


@contextmanager
def _told() -> Iterator[None]:
    """The protocol's status for what can go wrong."""
    try:
        yield
    except TooLarge as error:
        raise Refused(413, "too_large", str(error)) from error
    except resumable.TooMuch as error:
        raise Refused(413, "too_much", "These are more bytes than were announced.") from error
    except resumable.WrongOffset as error:
        raise Refused(409, "offset", str(error)) from error
    except resumable.WrongChecksum as error:
        sentence = "The bytes changed on their way; nothing of them was kept."
        raise Refused(460, "checksum", sentence) from error
    except resumable.BrokenOff as error:
        raise Refused(400, "broken_off", "The connection broke; go on where it did.") from error
    except partial.Busy as error:
        raise Refused(423, "busy", "Another request writes to this upload.") from error
    except Upload.DoesNotExist as error:
        raise Http404 from error
