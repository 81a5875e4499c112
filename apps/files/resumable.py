"""What a person can ask about an upload that may break off: begin, go on, finish, give up."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO

from django.conf import settings
from django.utils.timezone import now

from apps.files import partial, quota
from apps.files.models import Upload
from apps.files.services import store_file
from apps.files.uploads import TooLarge
from audio.errors import AudioError

ALGORITHMS = ("sha256", "sha1", "md5")  # as the protocol's clients ask for them


class WrongOffset(Exception):
    """The bytes sent do not follow those that are here."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"This upload continues at byte {offset}.")


class TooMuch(Exception):
    """More bytes than were announced."""


class WrongChecksum(Exception):
    """The bytes changed on their way."""


class BrokenOff(Exception):
    """Fewer bytes came than the request announced."""


@dataclass(frozen=True)
class Checksum:
    """What the bytes of one request must add up to."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True)
class Piece:
    """A part of an upload on its way in."""

    offset: int
    count: int  # bytes, as announced
    read: Callable[[int], bytes]  # b"" when the connection breaks
    checksum: Checksum | None = None


def begin_upload(*, owner, size: int, filename: str, metadata: str = "") -> Upload:
    """Make room for a file; raises `TooLarge`, or `OverQuota` before a byte is sent."""
    if size > settings.MAX_UPLOAD_BYTES:
        raise TooLarge
    quota.check_announced(owner=owner, size=size)
    upload = Upload(owner=owner, size=size, filename=filename, metadata=metadata)
    upload.expires_at = _expiry()
    upload.path.touch()
    upload.save(force_insert=True)
    return upload


def _expiry():
    return now() + timedelta(hours=settings.UPLOAD_HOURS)


def continue_upload(upload: Upload, piece: Piece) -> bool | None:
    """Take the next bytes in. When they are the last: is the song new in the library?

    What arrived is kept when the connection breaks, except where a checksum was to prove it.
    Raises `WrongOffset`, `TooMuch`, `WrongChecksum`, `BrokenOff`, `partial.Busy`,
    `Upload.DoesNotExist`, or the `AudioError` that says why the file is no recording.
    """
    if upload.track_id:
        raise WrongOffset(upload.size)
    with partial.locked(upload) as file:
        offset = partial.received(upload)
        if upload.track_id or piece.offset != offset:
            raise WrongOffset(upload.size if upload.track_id else offset)
        if piece.count > upload.size - offset:
            raise TooMuch
        came = _take(file, piece)
        upload.offset, upload.expires_at = offset + came, _expiry()
        upload.save(update_fields=["offset", "expires_at"])
        if came < piece.count:
            raise BrokenOff
        return _finish(upload) if upload.offset == upload.size else None


def _take(file: BinaryIO, piece: Piece) -> int:
    if piece.checksum is None:
        return partial.append(
            file, start=piece.offset, count=piece.count, read=piece.read, digest=None
        )
    digest = hashlib.new(piece.checksum.algorithm, usedforsecurity=False)
    proven = False
    try:
        came = partial.append(
            file, start=piece.offset, count=piece.count, read=piece.read, digest=digest
        )
        proven = digest.digest() == piece.checksum.digest
    finally:
        if not proven:
            file.truncate(piece.offset)
    if not proven:
        raise WrongChecksum
    return came


def finish_upload(upload: Upload) -> None:
    """Take in a file that is whole already: the process that had it died before it could."""
    with partial.locked(upload):
        if upload.track_id is None and partial.received(upload) == upload.size:
            _finish(upload)


def _finish(upload: Upload) -> bool:
    try:
        track, created = store_file(owner=upload.owner, path=upload.path, name=upload.filename)
    except AudioError:
        partial.remove(upload)
        raise
    upload.track, upload.offset = track, upload.size
    upload.save(update_fields=["track", "offset"])
    return created


def offset_of(upload: Upload) -> int:
    """How many bytes are here."""
    return upload.size if upload.track_id else partial.received(upload)


def give_up(upload: Upload) -> None:
    """Remove what came so far; a song that was made of it stays."""
    if upload.track_id:
        partial.remove(upload)
        return
    with partial.locked(upload):
        partial.remove(upload)
