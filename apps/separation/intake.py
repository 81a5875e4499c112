"""A recording that comes along with the wish for its stems: as a file, or as text within JSON."""

import base64
import binascii
from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import BaseParser, JSONParser

from apps.files import blobs
from apps.files.models import Track
from apps.files.names import file_name
from apps.files.services import store_file
from apps.files.uploads import TooLarge
from audio.errors import Empty

ROOM_FOR_REST = 2**20  # bytes of the JSON that are not the recording


class TooLargeForJson(TooLarge):
    """More than is read into memory at once."""

    def __init__(self) -> None:
        Exception.__init__(
            self,
            f"Within JSON a recording may have {settings.INLINE_BYTES // 2**20} MB. Send it as "
            f"multipart/form-data, which takes {settings.MAX_UPLOAD_BYTES // 2**20} MB.",
        )


class RecordingJSONParser(BaseParser):
    """JSON with room for a recording as base64, which is a third longer than its bytes.

    It is no `JSONParser`: what those parse is bounded as other JSON is, before they see it.
    """

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        length = int(parser_context["request"].META.get("CONTENT_LENGTH") or 0)
        if length > settings.INLINE_BYTES * 4 // 3 + ROOM_FOR_REST:
            raise TooLargeForJson
        return JSONParser().parse(stream, media_type, parser_context)


@extend_schema_field(OpenApiTypes.BYTE)
class RecordingField(serializers.Field):
    """A recording as base64, with line breaks or without."""

    default_error_messages = {"invalid": "This is not base64."}

    def to_internal_value(self, data: Any) -> bytes:
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            content = base64.b64decode("".join(data.split()), validate=True)
        except (binascii.Error, ValueError):  # of characters beyond ASCII
            self.fail("invalid")
        if len(content) > settings.INLINE_BYTES:
            raise TooLargeForJson
        return content

    def to_representation(self, value: bytes) -> str:
        return base64.b64encode(value).decode()


def store_recording(*, owner, content: bytes, name: str) -> Track:
    """Take these bytes into a person's library; the same ones again are the song that is there.

    Raises the `AudioError` that says why they are no recording, or are not taken.
    """
    if not content:
        raise Empty("This recording is empty.")
    with blobs.scratch() as folder:
        path = folder / "recording"
        path.write_bytes(content)
        return store_file(owner=owner, path=path, name=file_name(name))[0]
