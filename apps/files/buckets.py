"""The storage in an S3 bucket, with what blobs ask of every storage, in bounded memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.response import StreamingBody
from django.conf import settings
from django.utils.timezone import now
from storages.backends.s3 import S3Storage

from apps.files.stored import BLOCK, OURS, Stored, Unreachable

PART = 8 * 2**20  # bytes; 10,000 parts make 80 GB
AT_ONCE = 4  # parts
TRIES = 5
GIVEN_UP = timedelta(hours=48)  # no transfer of ours takes longer
MISSING = {"404", "NoSuchKey", "NotFound"}


class Bucket(S3Storage):
    """Private objects, sent and fetched in parts, of which few are in memory at a time."""

    def get_default_settings(self) -> dict:
        transfer = TransferConfig(
            multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=AT_ONCE
        )
        transfer.max_in_memory_upload_chunks = AT_ONCE
        return {
            **super().get_default_settings(),
            "transfer_config": transfer,
            "max_memory_size": PART,  # of an open object; the rest goes to disk
            "signature_version": "s3v4",  # what newer regions and MinIO insist on
            "default_acl": "private",
            "file_overwrite": False,
        }

    def put(self, key: str, path: Path) -> None:
        """Send a file, straight from the disk; it appears once it is whole."""
        with path.open("rb") as file:
            extra = self._get_write_parameters(key, file)
        with _told():
            self.bucket.upload_file(str(path), key, ExtraArgs=extra, Config=self.transfer_config)

    def delete(self, key: str) -> None:
        """Exactly this key: names that others chose may hold `..`, which means nothing here."""
        with _told():
            self.bucket.Object(key).delete()

    def fetch(self, key: str, folder: Path) -> Path:
        """Download an object, straight to the disk; goes on where a connection broke off."""
        path = folder / f"copy{Path(key).suffix}"
        asked: dict[str, str] = {}
        with path.open("wb") as file, _told():
            for _ in range(TRIES):
                answer = self.bucket.Object(key).get(**asked)
                if _saved(answer["Body"], file):
                    return path
                asked = {"IfMatch": answer["ETag"], "Range": f"bytes={file.tell()}-"}
        raise Unreachable(f"The connection broke {TRIES} times while {key} was being fetched.")

    def blocks(self, key: str, start: int, stop: int) -> Iterator[bytes]:
        """Bytes start..stop in bounded blocks; the object is asked for at once."""
        if start >= stop:
            return iter(())
        with _told():
            answer = self.bucket.Object(key).get(Range=f"bytes={start}-{stop - 1}")
        return answer["Body"].iter_chunks(BLOCK)

    def everything(self, prefix: str = "") -> Iterator[Stored]:
        """All that lies here, whoever put it there."""
        with _told():
            for row in self.bucket.objects.filter(Prefix=prefix):
                yield Stored(row.key, row.size, row.last_modified)

    def folders(self, prefix: str) -> list[str]:
        """The names right below a prefix that ends in a slash."""
        pages = self.bucket.meta.client.get_paginator("list_objects_v2")
        with _told():
            found = pages.paginate(Bucket=self.bucket_name, Prefix=prefix, Delimiter="/")
            rows = [row["Prefix"] for page in found for row in page.get("CommonPrefixes", [])]
        return [row.removeprefix(prefix).rstrip("/") for row in rows]

    def address(self, key: str, *, name: str, content_type: str) -> str:
        """Where a browser fetches it from the bucket itself, for an hour; "" if it cannot."""
        if settings.S3_DOWNLOADS != "redirect":
            return ""
        disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
        asked = {"ResponseContentDisposition": disposition, "ResponseContentType": content_type}
        return self.url(key, parameters=asked)

    def rename(self, key: str, to: str) -> None:
        """Copy within the bucket, then delete."""
        with _told():
            source = {"Bucket": self.bucket_name, "Key": key}
            self.bucket.copy(source, to, Config=self.transfer_config)
            self.bucket.Object(key).delete()

    def unfinished(self) -> list:
        """Transfers that broke off long ago; their parts take space and show up nowhere."""
        with _told():
            return [
                upload for upload in self.bucket.multipart_uploads.all() if _is_forgotten(upload)
            ]


def _saved(body: StreamingBody, file: BinaryIO) -> bool:
    """Was all of it written, or did the connection break?"""
    try:
        for block in body.iter_chunks(BLOCK):
            file.write(block)
    except (HTTPClientError, IncompleteReadError):
        return False
    return True


def _is_forgotten(upload) -> bool:
    ours = OURS.fullmatch(upload.object_key) is not None
    return ours and now() - upload.initiated > GIVEN_UP


@contextmanager
def _told() -> Iterator[None]:
    """Errors as the rest of the product knows them."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in MISSING:
            raise FileNotFoundError(str(error)) from error
        raise Unreachable(f"The bucket refuses: {error}") from error
    except (BotoCoreError, Boto3Error) as error:
        raise Unreachable(f"The bucket does not answer: {error}") from error
