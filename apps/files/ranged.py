"""A stored file to read here and there in, without fetching the rest of it."""

import io
from typing import BinaryIO, cast

from apps.files import blobs
from apps.files.models import Blob

AHEAD = 1 << 18  # bytes fetched at once


class _Raw(io.RawIOBase):
    def __init__(self, blob: Blob) -> None:
        self.blob = blob
        self.place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.blob.size}[whence]
        self.place = max(base + offset, 0)
        return self.place

    def readinto(self, buffer, /) -> int:
        stop = min(self.place + len(buffer), self.blob.size)
        data = b"".join(blobs.read_range(self.blob, self.place, stop))
        buffer[: len(data)] = data
        self.place += len(data)
        return len(data)


def opened(blob: Blob) -> BinaryIO:
    """The blob as a seekable file; raises `FileNotFoundError` at the first byte of a lost one."""
    return cast(BinaryIO, io.BufferedReader(_Raw(blob), AHEAD))
