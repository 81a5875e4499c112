"""What a worker does with objects that others put into the bucket: make songs of them."""

import contextlib
from pathlib import PurePosixPath

from django.conf import settings

from apps.files import blobs, limits
from apps.files.incoming import INCOMING, REFUSED
from apps.files.services import store_file
from apps.files.stored import Stored, place
from apps.jobs.models import Job
from audio.errors import AudioError


class NotTaken(limits.Refused):
    """Some of the objects are no songs of ours; they lie below `refused/` now."""


def collect(job: Job) -> None:
    """Take in what lies below `incoming/<username>/`, each under a key of our own.

    An object is removed once it is a song, so that a worker that dies in between finds it again
    and takes it for what is there already.
    """
    prefix = f"{INCOMING}{job.owner.get_username()}/"
    waiting = [row for row in place("s3").everything(prefix) if not row.key.endswith("/")]
    refused = []
    for number, row in enumerate(waiting):
        job.report(number / len(waiting))
        with contextlib.suppress(FileNotFoundError):  # another worker was faster
            try:
                _take(job, row)
            except AudioError as error:
                place("s3").rename(row.key, REFUSED + row.key.removeprefix(INCOMING))
                refused.append(f"{row.key.removeprefix(prefix)}: {error}")
    if refused:
        taken = f"{len(waiting) - len(refused)} of {len(waiting)} were taken in. "
        raise NotTaken(taken + " ".join(refused))


def _take(job: Job, row: Stored) -> None:
    if row.size > settings.MAX_UPLOAD_BYTES:
        limit = settings.MAX_UPLOAD_BYTES // 2**20
        raise NotTaken(f"It is larger than the {limit} MB this server takes.")
    with blobs.scratch() as folder:
        path = place("s3").fetch(row.key, folder)
        store_file(owner=job.owner, path=path, name=PurePosixPath(row.key).name, alias="s3")
    place("s3").delete(row.key)
