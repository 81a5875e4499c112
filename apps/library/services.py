"""What a person can ask about whole songs, with all that hangs on them."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.timezone import now

from apps.files.models import Blob, Track
from apps.jobs import services as jobs
from apps.jobs.models import Job
from apps.separation.services import delete_separation


def delete_tracks(tracks: Iterable[Track]) -> int:
    """Delete songs with their stems and predictions; remixes made of them stay.

    Their bytes are removed by a sweep, once nothing else refers to them.
    """
    chosen = list(tracks)
    for track in chosen:
        _delete(track)
    return len(chosen)


@transaction.atomic
def _delete(track: Track) -> None:
    making = [reference.job for reference in track.references.in_the_making()]
    for job in filter(None, [track.job, *making]):
        jobs.cancel_job(job)
    # Work on other things may be reading its bytes just now: the sweep leaves them an hour more.
    Blob.objects.filter(pk=track.blob_id).update(created_at=now())
    for separation in track.separations.select_related("stem_set__job"):
        delete_separation(separation)
    track.delete()


def add_demo(*, owner) -> Job:
    """Have the demo songs composed and taken into a person's library."""
    running = Job.objects.owned_by(owner).active().filter(kind="compose").first()
    return running or jobs.enqueue(
        kind="compose", owner=owner, label="Compose the demo songs", page="/"
    )
