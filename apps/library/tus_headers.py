"""The headers of the tus protocol, read strictly: whatever is odd is refused with a sentence."""

import base64
import binascii
import re
from collections.abc import Mapping

from rest_framework.exceptions import ValidationError

from apps.files.names import file_name
from apps.files.resumable import ALGORITHMS, Checksum

NUMBER = re.compile(r"\d{1,18}", re.ASCII)
KEY = re.compile(r"[!-+\--~]+")  # printable ASCII without space and comma
NAMES = ("filename", "name")  # what clients call it


def number(headers: Mapping[str, str], name: str) -> int:
    """A number of bytes; it must be there."""
    text = headers.get(name, "")
    if not NUMBER.fullmatch(text):
        raise ValidationError({name: ["This header must be a number of bytes."]})
    return int(text)


def size(headers: Mapping[str, str]) -> int:
    """How long the file will be."""
    if "Upload-Defer-Length" in headers or "Upload-Concat" in headers:
        sentence = "Say how long the whole file is, and send it as one upload."
        raise ValidationError({"Upload-Length": [sentence]})
    return number(headers, "Upload-Length")


def metadata(headers: Mapping[str, str]) -> tuple[str, str]:
    """The file's name, and the header as it came."""
    text = headers.get("Upload-Metadata", "").strip()
    pairs: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        key, _, value = pair.partition(" ")
        if not KEY.fullmatch(key) or key in pairs:
            raise ValidationError({"Upload-Metadata": ["Its keys must be words, each once."]})
        pairs[key] = _decoded("Upload-Metadata", value.strip()).decode("utf-8", "replace")
    name = next((pairs[key] for key in NAMES if pairs.get(key)), "")
    return file_name(name), text


def checksum(headers: Mapping[str, str]) -> Checksum | None:
    if "Upload-Checksum" not in headers:
        return None
    algorithm, _, value = headers["Upload-Checksum"].partition(" ")
    if algorithm not in ALGORITHMS:
        sentence = f"Checksums are made with {', '.join(ALGORITHMS)}."
        raise ValidationError({"Upload-Checksum": [sentence]})
    return Checksum(algorithm, _decoded("Upload-Checksum", value))


def _decoded(name: str, value: str) -> bytes:
    try:
        return base64.b64decode(value.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise ValidationError({name: ["Its values must be base64."]}) from error
