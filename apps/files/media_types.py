"""What a recording's container is called on the web and in a file name, as data."""

from typing import NamedTuple


class MediaType(NamedTuple):
    content_type: str
    suffix: str


OTHER = MediaType("application/octet-stream", ".audio")
BY_CONTAINER = {  # FFmpeg's name of the container
    "mp3": MediaType("audio/mpeg", ".mp3"),
    "flac": MediaType("audio/flac", ".flac"),
    "wav": MediaType("audio/wav", ".wav"),
    "w64": MediaType("audio/x-w64", ".w64"),
    "ogg": MediaType("audio/ogg", ".ogg"),
    "mov": MediaType("audio/mp4", ".m4a"),
    "aac": MediaType("audio/aac", ".aac"),
    "aiff": MediaType("audio/aiff", ".aiff"),
    "matroska": MediaType("audio/webm", ".webm"),
    "asf": MediaType("audio/x-ms-wma", ".wma"),
}


def media_type(container: str) -> MediaType:
    return BY_CONTAINER.get(container, OTHER)
