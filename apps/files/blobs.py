"""Bytes into storage and back; the same bytes are stored once."""

import hashlib
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, storages
from django.utils.timezone import now

from apps.files.models import Blob
from apps.jobs.worker import is_dead, worker_name

BLOCK = 64 * 1024  # bytes
SCRATCH_KEPT = 48 * 3600  # seconds; no job runs that long, and no upload


class _Staged(File):
    """A file that Django's local storage may move into place rather than copy."""

    def temporary_file_path(self) -> str:
        return str(self.name)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for work in progress, on the disk where the results will live.

    It bears the name of its process, so that what a killed one leaves can be told from what is
    in use.
    """
    remove_dead_scratch()
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH, prefix=f"{worker_name()}.") as folder:
        yield Path(folder)


def store(path: Path, *, content_type: str, suffix: str = "", sha256: str = "") -> Blob:
    """Take a finished file into the storage; it may be moved there.

    Bytes that are stored already keep their blob, which counts as new again so that the sweep
    leaves it to its new owner.
    """
    sha256 = sha256 or sha256_of(path)
    alias = settings.AUDIOPHILE_STORAGE
    for blob in Blob.objects.filter(storage=alias, sha256=sha256):
        fresh = Blob.objects.filter(pk=blob.pk).update(created_at=now())
        if fresh and storages[alias].exists(blob.key):
            return blob
    return _store_new(path, alias, sha256, content_type, suffix or path.suffix)


def _store_new(path: Path, alias: str, sha256: str, content_type: str, suffix: str) -> Blob:
    size = path.stat().st_size
    with path.open("rb") as file:
        key = storages[alias].save(
            f"{sha256[:2]}/{uuid.uuid4().hex}{suffix.lower()}", _Staged(file, name=str(path))
        )
    return Blob.objects.create(
        storage=alias, key=key, size=size, sha256=sha256, content_type=content_type
    )


@contextmanager
def local_copy(blob: Blob) -> Iterator[Path]:
    """The bytes as a file on this machine: the stored one itself where it is one."""
    storage = storages[blob.storage]
    if isinstance(storage, FileSystemStorage):
        yield Path(storage.path(blob.key))
        return
    with scratch() as folder, blob.open() as source:
        path = folder / f"copy{blob.suffix}"
        with path.open("wb") as target:
            shutil.copyfileobj(source, target, BLOCK)
        yield path


def read_range(blob: Blob, start: int, stop: int) -> Iterator[bytes]:
    """Bytes start..stop in bounded blocks, without fetching the rest."""
    storage = storages[blob.storage]
    if not isinstance(storage, FileSystemStorage):
        remote = storage.bucket.Object(blob.key)  # type: ignore[attr-defined]
        body = remote.get(Range=f"bytes={start}-{stop - 1}")["Body"]
        yield from body.iter_chunks(BLOCK)
        return
    with blob.open() as file:
        file.seek(start)
        while start < stop and (block := file.read(min(BLOCK, stop - start))):
            start += len(block)
            yield block


def remove_unused(blob: Blob) -> None:
    """Delete row, then bytes: a file without a row harms nobody, a row without its file would.

    A blob that somebody took into use in the meantime has a new date, and stays.
    """
    deleted, _ = Blob.objects.unused().filter(pk=blob.pk, created_at=blob.created_at).delete()
    if deleted:
        storages[blob.storage].delete(blob.key)


def remove_dead_scratch() -> None:
    """Remove what processes that no longer exist were working on, and uploads that broke off."""
    for left in settings.SCRATCH.iterdir():
        abandoned = is_dead(left.name.rpartition(".")[0]) or _is_old(left)
        if abandoned and left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        elif abandoned:
            left.unlink(missing_ok=True)


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > SCRATCH_KEPT
    except FileNotFoundError:
        return False
