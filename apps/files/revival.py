"""Read a recording again; and take back one whose bytes were lost, once its owner brings them."""

from pathlib import Path

from django.db import transaction

from apps.files import blobs
from apps.files.models import Blob, Track
from apps.jobs import services as jobs

GONE = "The stored file of this song is gone or damaged. Upload the song again to have it back."


def lose(blob: Blob) -> int:
    """Say so on every song whose original this is; returns how many."""
    songs = Track.objects.filter(blob=blob).exclude(problem=GONE)
    return songs.update(state=Track.State.UNREADABLE, problem=GONE)


def is_mourned(blob: Blob) -> bool:
    """Do all who need these bytes know that they are gone?"""
    counting_on = Track.objects.filter(blob=blob).exclude(problem=GONE)
    users = Blob.objects.filter(pk=blob.pk)
    relations = [
        r.name for r in Blob._meta.related_objects if r.name not in ("tracks", "renditions")
    ]
    others = any(users.filter(**{f"{name}__isnull": False}).exists() for name in relations)
    return not others and not counting_on.exists() and blob.tracks.exists()


def revive(track: Track, path: Path) -> None:
    """Put a file into the place of the same bytes that were lost, for all who had them."""
    if track.problem != GONE:
        return
    if not blobs.is_there(track.blob):
        blobs.replace(track.blob, path, track.blob.storage)
    for lost in Track.objects.filter(blob=track.blob, problem=GONE):
        reread(lost)
    track.refresh_from_db()


@transaction.atomic
def reread(track: Track) -> None:
    """Have a worker make again what it makes of a recording; a readable one stays so meanwhile."""
    if track.state == Track.State.UNREADABLE:
        track.state, track.problem = Track.State.PROBING, ""
    track.job = jobs.enqueue(
        kind="probe",
        owner=track.owner,
        label=f"Read “{track.title}” again",
        page=f"/songs/{track.pk}/",
    )
    track.save(update_fields=["state", "problem", "job"])
