"""The storage on this machine's disk, with what blobs ask of every storage."""

import contextlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from django.core.files import File
from django.core.files.storage import FileSystemStorage

from apps.files.stored import BLOCK, Stored


class _Staged(File):
    """A file that Django's local storage may move into place rather than copy."""

    def temporary_file_path(self) -> str:
        return str(self.name)


class Disk(FileSystemStorage):
    """Files below MEDIA_ROOT."""

    def put(self, key: str, path: Path) -> None:
        """Take a file in; it is moved, which costs nothing on the same disk."""
        with path.open("rb") as file:
            self.save(key, _Staged(file, name=str(path)))

    def fetch(self, key: str, folder: Path) -> Path:
        """A name of its own for the file, so that it stays readable when the key goes.

        Where a disk has no second names for a file (or the folder is on another disk), the
        stored file itself.
        """
        stored, path = Path(self.path(key)), folder / f"copy{Path(key).suffix}"
        try:
            path.hardlink_to(stored)
        except FileNotFoundError:
            raise
        except OSError:
            return stored
        return path

    def blocks(self, key: str, start: int, stop: int) -> Iterator[bytes]:
        """Bytes start..stop in bounded blocks; the file is opened at once."""
        return _read(Path(self.path(key)).open("rb"), start, stop)

    def everything(self, prefix: str = "") -> Iterator[Stored]:
        """All that lies here, whoever put it there."""
        for folder, _, names in os.walk(self.path(prefix)):
            for name in names:
                path = Path(folder, name)
                with contextlib.suppress(FileNotFoundError):
                    facts = path.stat()
                    changed_at = datetime.fromtimestamp(facts.st_mtime, UTC)
                    key = path.relative_to(self.location).as_posix()
                    yield Stored(key, facts.st_size, changed_at)

    def folders(self, prefix: str) -> list[str]:
        """The names right below a prefix that ends in a slash."""
        folder = Path(self.path(prefix))
        return (
            sorted(one.name for one in folder.iterdir() if one.is_dir()) if folder.is_dir() else []
        )

    def rename(self, key: str, to: str) -> None:
        target = Path(self.path(to))
        target.parent.mkdir(parents=True, exist_ok=True)
        Path(self.path(key)).rename(target)

    def unfinished(self) -> list:
        """Transfers that broke off: the scratch folder has those."""
        return []

    def address(self, key: str, *, name: str, content_type: str) -> str:
        """Where a browser could fetch it without us: nowhere."""
        return ""


def _read(file: BinaryIO, start: int, stop: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        while start < stop and (block := file.read(min(BLOCK, stop - start))):
            start += len(block)
            yield block
