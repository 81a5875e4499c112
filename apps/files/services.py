"""What a person can ask about recordings: bring one in."""

import unicodedata
from pathlib import Path

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import IntegrityError, transaction

from apps.files import blobs, limits, quota, revival
from apps.files.media_types import media_type
from apps.files.models import Track
from apps.jobs import services as jobs
from apps.jobs.models import Job
from audio import io
from audio.errors import Empty

UNSHOWABLE = {"Cc", "Cs"}  # control characters, halves of surrogate pairs
PROBE_PRIORITY = 10  # people watch this one; it is short


def store_upload(*, owner, upload: TemporaryUploadedFile, alias: str = "") -> tuple[Track, bool]:
    """Take an uploaded file into a person's library; False when it was there already.

    Raises the `AudioError` that says why it is no recording.
    """
    if not upload.size:
        raise Empty("This file is empty.")
    return store_file(
        owner=owner,
        path=Path(upload.temporary_file_path()),
        name=upload.name or "",
        alias=alias,
        sha256=getattr(upload, "sha256", ""),
    )


def store_file(
    *, owner, path: Path, name: str, alias: str = "", sha256: str = ""
) -> tuple[Track, bool]:
    """The same for a file on this machine, which may be moved into the storage.

    Raises `Refused` too: for what is beyond a limit, or the owner's quota.
    """
    header = io.probe(path)
    limits.check(header)
    sha256 = sha256 or blobs.sha256_of(path)
    if known := _known(owner, sha256):
        revival.revive(known, path)
        return known, False
    quota.check(owner=owner, size=path.stat().st_size, seconds=header.seconds or 0.0)
    kind = media_type(header.container)
    blob = blobs.store(
        path, content_type=kind.content_type, suffix=kind.suffix, sha256=sha256, alias=alias
    )
    try:
        return _new_track(owner, blob, header, _clean(name, "song")), True
    except IntegrityError:  # the same upload twice at once; the other one won
        return Track.objects.get(owner=owner, sha256=sha256), False


def _known(owner, sha256: str) -> Track | None:
    """The song that these bytes are already; had it just been deleted, it is wanted back."""
    Track.objects.deleted().filter(owner=owner, sha256=sha256).update(deleted_at=None)
    return Track.objects.owned_by(owner).filter(sha256=sha256).first()


@transaction.atomic
def _new_track(owner, blob, header: io.Probe, name: str) -> Track:
    quota.check_exactly(owner=owner, size=blob.size, seconds=header.seconds or 0.0)
    track = Track(
        owner=owner,
        blob=blob,
        sha256=blob.sha256,
        filename=name,
        title=_clean(header.title, Path(name).stem),
        artist=_clean(header.artist),
        album=_clean(header.album),
        container=header.container,
        codec=header.codec,
        seconds=header.seconds or 0.0,
        sample_rate=header.sample_rate,
        channels=header.channels,
    )
    track.job = jobs.enqueue(
        kind="probe",
        owner=owner,
        label=f"Read “{track.title}”",
        page=f"/songs/{track.pk}/",
        priority=PROBE_PRIORITY,
    )
    track.save(force_insert=True)
    return track


def _clean(text: str, otherwise: str = "") -> str:
    """Words as people wrote them, without what no page or database can show."""
    printable = "".join(c for c in text if unicodedata.category(c) not in UNSHOWABLE).strip()
    return (printable or otherwise)[:255]


def follow_probe(job: Job) -> None:
    """Keep the track's state true to the job that reads it."""
    tracks = Track.objects.filter(job=job, state__in=[Track.State.PROBING, Track.State.UNREADABLE])
    if job.is_active:
        tracks.update(state=Track.State.PROBING, problem="")
    elif job.state != Job.State.DONE:
        reason = job.error or "Reading it was cancelled, so nothing is known of it yet."
        tracks.update(state=Track.State.UNREADABLE, problem=reason)
