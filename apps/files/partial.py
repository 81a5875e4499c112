"""The bytes of an upload that is not whole yet: one writer at a time, straight to the disk."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, Protocol

from django.utils.timezone import now

from apps.files.models import Upload

BLOCK = 2**20  # bytes


class Busy(Exception):
    """Another request writes to this upload just now."""


class Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...


def received(upload: Upload) -> int:
    """How much of it lies on the disk: after a crash that is more than the row knows of."""
    try:
        return min(upload.path.stat().st_size, upload.size)
    except FileNotFoundError:
        return 0


@contextmanager
def locked(upload: Upload) -> Iterator[BinaryIO]:
    """Its file, for this request alone; the row is read again, for it may have changed.

    Raises `Busy`, or `Upload.DoesNotExist` when it was removed meanwhile.
    """
    with open(_descriptor(upload), "r+b", buffering=0) as file:
        _lock(upload, file)
        try:
            upload.refresh_from_db()
        except Upload.DoesNotExist:
            upload.path.unlink(missing_ok=True)
            raise
        try:
            yield file
        finally:
            if upload.track_id:  # its bytes are in the storage, or were there before
                upload.path.unlink(missing_ok=True)


def _descriptor(upload: Upload) -> int:
    return os.open(upload.path, os.O_RDWR | os.O_CREAT, 0o644)


def _lock(upload: Upload, file: BinaryIO) -> None:
    """Wait for nobody. A file that was moved away while we asked belongs to the storage now."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_it = os.path.samestat(os.fstat(file.fileno()), upload.path.stat())
    except (BlockingIOError, FileNotFoundError) as error:
        raise Busy from error
    if not is_it:
        raise Busy


def append(
    file: BinaryIO, *, start: int, count: int, read: Callable[[int], bytes], digest: Digest | None
) -> int:
    """Write what comes behind `start` as it comes, `count` bytes at most; how many came."""
    file.truncate(start)
    file.seek(start)
    came = 0
    while came < count and (block := read(min(BLOCK, count - came))):
        _write(file, block)
        came += len(block)
        if digest:
            digest.update(block)
    return came


def _write(file: BinaryIO, block: bytes) -> None:
    rest = memoryview(block)
    while rest:
        rest = rest[file.write(rest) :]


def remove(upload: Upload) -> None:
    """Forget it: the row first, since a file without one is swept up, and nothing else refers."""
    Upload.objects.filter(pk=upload.pk).delete()
    upload.path.unlink(missing_ok=True)


def remove_expired() -> None:
    """Remove what nobody went on with in time; of what is whole, only the row is left."""
    for upload in Upload.objects.filter(expires_at__lt=now()):
        if upload.track_id:
            remove(upload)
            continue
        with suppress(Busy, Upload.DoesNotExist), locked(upload):
            if upload.expires_at < now():
                remove(upload)
