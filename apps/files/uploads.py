"""Files on their way in: only where they are wanted, no larger than allowed, straight to disk."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler

ROOM_FOR_FORM = 2**20  # bytes of a request that are not the file


class TooLarge(Exception):
    """More bytes than this server takes."""

    def __init__(self, most: int | None = None) -> None:
        limit = (most or settings.MAX_UPLOAD_BYTES) / 2**20
        super().__init__(f"This file is larger than the {limit:.0f} MB this server takes.")


class NoFiles(FileUploadHandler):
    """For every page that asks for none: a file is refused before a byte of it is kept."""

    def new_file(self, *args, **kwargs) -> None:
        raise RequestDataTooBig("No file is expected here.")


class DiskUploadHandler(TemporaryFileUploadHandler):
    """Django's own, with a limit; and what it wrote is removed as soon as writing fails.

    It also takes the digest of what passes, so that nobody has to read it again for that.
    """

    def __init__(self, request=None, *, most: int | None = None) -> None:
        super().__init__(request)
        self.most = min(settings.MAX_UPLOAD_BYTES, most or settings.MAX_UPLOAD_BYTES)

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None) -> None:
        if content_length > self.most + ROOM_FOR_FORM:
            raise TooLarge(self.most)

    def new_file(self, *args, **kwargs) -> None:
        super().new_file(*args, **kwargs)
        self.digest = hashlib.sha256()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.digest.update(raw_data)
        with self._removed_on_failure():
            if start + len(raw_data) > self.most:
                raise TooLarge(self.most)
            super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        with self._removed_on_failure():
            upload = super().file_complete(file_size)
        upload.sha256 = self.digest.hexdigest()  # type: ignore[union-attr]
        return upload

    @contextmanager
    def _removed_on_failure(self) -> Iterator[None]:
        try:
            yield
        except (OSError, TooLarge):
            with suppress(OSError):  # closing writes what is left, which fails again
                self.file.close()
            raise
