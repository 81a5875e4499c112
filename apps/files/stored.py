"""What all storages have in common."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

from django.core.files.storage import storages

BLOCK = 64 * 1024  # bytes
OURS = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}\.\S+")  # what others keep in a bucket is theirs


class Stored(NamedTuple):
    """One thing that a storage really holds."""

    key: str
    size: int
    changed_at: datetime


class Place(Protocol):
    """What blobs ask of a storage, wherever it is.

    What is not there raises `FileNotFoundError`; a storage that fails, `Unreachable`.
    """

    def put(self, key: str, path: Path) -> None: ...
    def fetch(self, key: str, folder: Path) -> Path: ...
    def blocks(self, key: str, start: int, stop: int) -> Iterator[bytes]: ...
    def exists(self, name: str) -> bool: ...
    def size(self, name: str) -> int: ...
    def delete(self, key: str) -> None: ...
    def rename(self, key: str, to: str) -> None: ...
    def everything(self, prefix: str = "") -> Iterator[Stored]: ...
    def folders(self, prefix: str) -> list[str]: ...
    def address(self, key: str, *, name: str, content_type: str) -> str: ...
    def unfinished(self) -> list[Any]: ...


def place(alias: str) -> Place:
    """The storage of that name in the settings."""
    return cast(Place, storages[alias])


class Unreachable(Exception):
    """The storage does not answer, or does not let us in; the text is for whoever runs it."""
