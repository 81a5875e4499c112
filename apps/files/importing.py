"""What a worker does to fetch a recording from the web: download, then take it in."""

from pathlib import Path

from django.conf import settings
from django.db import transaction

from apps.files import blobs
from apps.files.models import ImportWish, Track
from apps.files.names import file_name
from apps.files.outgoing import Fetched, Limits, OutgoingRefused, download
from apps.files.services import store_file
from apps.jobs.models import Job
from audio.errors import AudioError

LONGEST = 2 * 3600.0  # seconds
FETCHING = 0.95  # of the progress; the rest is reading it


class CannotFetch(AudioError):
    """Nothing to listen to came from this address."""

    def __init__(self, refusal: OutgoingRefused) -> None:
        super().__init__(str(refusal))
        self.code = refusal.code


def fetch(job: Job) -> None:
    """Fetch what a person wishes for, and take it into their library."""
    wish = ImportWish.objects.select_related("owner").get(job=job)
    with blobs.scratch() as folder:
        path = folder / "fetched"
        fetched = _download(wish.url, path, job)
        job.confirm()
        track, _ = store_file(owner=wish.owner, path=path, name=file_name(fetched.name))
    _publish(job, wish, track)


def _download(url: str, path: Path, job: Job) -> Fetched:
    def hear(received: int, total: int | None) -> None:
        part = received / total if total else 0.0
        job.report(part * FETCHING, step=f"{received / 2**20:.0f} MB fetched")

    limits = Limits(size=settings.MAX_UPLOAD_BYTES, total=LONGEST)
    try:
        return download(url, path, limits=limits, hear=hear)
    except OutgoingRefused as refusal:
        raise CannotFetch(refusal) from refusal


@transaction.atomic
def _publish(job: Job, wish: ImportWish, track: Track) -> None:
    job.confirm()
    wish.track = track
    wish.save(update_fields=["track"])
    Job.objects.filter(pk=job.pk).update(page=f"/songs/{track.pk}/")
