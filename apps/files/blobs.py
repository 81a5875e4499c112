"""Bytes into storage and back; the same bytes are stored once.

A blob's row is there before its bytes come and until after they are gone, so that no crash leaves
bytes which no row knows. While its `sha256` is empty it is being written or removed: nobody finds
it by its content, and the sweep takes what became of it.
"""

import hashlib
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils.timezone import now

from apps.files.models import Blob
from apps.files.stored import place
from apps.jobs.worker import every, is_dead, worker_name

SCRATCH_KEPT = 48 * 3600  # seconds; no job runs that long, and no upload
RENEWED = 600  # seconds; well within the hour that the sweep leaves new rows alone
IN_TRANSIT = ""  # the sha256 of bytes that are being written or removed


class Changed(Exception):
    """The stored bytes are not the ones that were put there, or somebody else moved them."""


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stored_sha256(blob: Blob) -> str:
    """The digest of what the storage really holds, read in bounded blocks."""
    digest = hashlib.sha256()
    for block in place(blob.storage).blocks(blob.key, 0, blob.size):
        digest.update(block)
    return digest.hexdigest()


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for work in progress, on the disk where the results will live.

    It bears the name of its process, so that what a killed one leaves can be told from what is
    in use.
    """
    remove_dead_scratch()
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH, prefix=f"{worker_name()}.") as folder:
        yield Path(folder)


# -- in ------------------------------------------------------------------------------------------


def store(
    path: Path, *, content_type: str, suffix: str = "", sha256: str = "", alias: str = ""
) -> Blob:
    """Take a finished file into a storage, the usual one if none is named; it may be moved there.

    Bytes that are stored already keep their blob, which counts as new again so that the sweep
    leaves it to its new owner.
    """
    sha256 = sha256 or sha256_of(path)
    alias = alias or settings.AUDIOPHILE_STORAGE
    if known := _known(alias, sha256):
        return known
    with _placed(path, alias, suffix or path.suffix, content_type) as blob:
        blob.sha256 = sha256
        if not _in_transit(blob).update(sha256=sha256, created_at=now()):
            raise Changed(f"{blob} was swept away while it was being written.")
    return blob


def _known(alias: str, sha256: str) -> Blob | None:
    for blob in Blob.objects.filter(storage=alias, sha256=sha256):
        fresh = Blob.objects.filter(pk=blob.pk, sha256=sha256).update(created_at=now())
        if fresh and place(alias).exists(blob.key):
            return blob
    return None


@contextmanager
def _placed(path: Path, alias: str, suffix: str, content_type: str) -> Iterator[Blob]:
    """A new row, then its bytes; both are gone again when the block fails."""
    name = uuid.uuid4().hex
    blob = Blob.objects.create(
        storage=alias,
        key=f"{name[:2]}/{name}{suffix.lower() or '.bin'}",
        size=path.stat().st_size,
        sha256=IN_TRANSIT,
        content_type=content_type,
    )
    try:
        with every(RENEWED, lambda: _renew(blob)):
            place(alias).put(blob.key, path)
        yield blob
    except Exception:
        _discard(blob)
        raise


def _renew(blob: Blob) -> None:
    """Say that it is still being written; a database that is busy for a moment hears it later."""
    with suppress(DatabaseError):
        _in_transit(blob).update(created_at=now())


def _in_transit(blob: Blob):
    return Blob.objects.filter(pk=blob.pk, sha256=IN_TRANSIT)


# -- out -----------------------------------------------------------------------------------------


@contextmanager
def local_copy(blob: Blob) -> Iterator[Path]:
    """The bytes as a file on this machine that stays, whatever becomes of the blob meanwhile."""
    with scratch() as folder:
        try:
            path = place(blob.storage).fetch(blob.key, folder)
        except FileNotFoundError:
            path = place(_new_place(blob).storage).fetch(blob.key, folder)
        yield path


def read_range(blob: Blob, start: int, stop: int) -> Iterator[bytes]:
    """Bytes start..stop in bounded blocks, without fetching the rest.

    Raises `FileNotFoundError` at once, not at the first block.
    """
    try:
        return place(blob.storage).blocks(blob.key, start, stop)
    except FileNotFoundError:
        return place(_new_place(blob).storage).blocks(blob.key, start, stop)


def _new_place(blob: Blob) -> Blob:
    """Where the bytes have been moved since the row was read."""
    try:
        blob.refresh_from_db(fields=["storage", "key"])
    except Blob.DoesNotExist as error:
        raise FileNotFoundError(blob.key) from error
    return blob


def is_there(blob: Blob) -> bool:
    return place(blob.storage).exists(blob.key)


def still_there(blob: Blob) -> bool:
    """Does a row stand for the same place yet, or was it moved or removed in the meantime?"""
    return Blob.objects.filter(pk=blob.pk, storage=blob.storage, key=blob.key).exists()


# -- elsewhere -----------------------------------------------------------------------------------


def move(blob: Blob, alias: str) -> None:
    """Copy the bytes to another storage, verify the copy, switch the row, remove the original."""
    with scratch() as folder:
        path = place(blob.storage).fetch(blob.key, folder)
        if sha256_of(path) != blob.sha256:
            raise Changed(f"{blob} is not what was stored there.")
        replace(blob, path, alias)


def replace(blob: Blob, path: Path, alias: str) -> None:
    """Let the row stand for the same bytes at a new place; the old place is emptied."""
    with _placed(path, alias, blob.suffix, blob.content_type) as copy:
        if stored_sha256(copy) != blob.sha256:
            raise Changed(f"{blob} changed on its way to {alias}.")
        left = _switch(blob, copy)
    _discard(left)


@transaction.atomic
def _switch(blob: Blob, copy: Blob) -> Blob:
    """Give the blob the place of its copy; returns a row that stands for the place it left."""
    old = {"storage": blob.storage, "key": blob.key}
    new = {"storage": copy.storage, "key": copy.key}
    _in_transit(copy).delete()
    here = Blob.objects.filter(pk=blob.pk, sha256=blob.sha256, **old)
    if not here.update(**new):
        raise Changed(f"{blob} was moved or removed by somebody else.")
    blob.storage, blob.key = copy.storage, copy.key
    return Blob.objects.create(
        **old, size=blob.size, sha256=IN_TRANSIT, content_type=blob.content_type
    )


# -- away ----------------------------------------------------------------------------------------


def remove_unused(blob: Blob) -> None:
    """Take the blob out of use, then delete its bytes, then the row.

    A blob that somebody took into use in the meantime has a new date, and stays.
    """
    unused = Blob.objects.unused().filter(pk=blob.pk, created_at=blob.created_at)
    if unused.update(sha256=IN_TRANSIT):
        _discard(blob)


def _discard(blob: Blob) -> None:
    place(blob.storage).delete(blob.key)
    _in_transit(blob).delete()


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
