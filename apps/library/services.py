"""What a person can ask about whole songs, with all that hangs on them."""

from django.utils.timezone import now

from apps.files.models import TrackQuerySet
from apps.jobs import services as jobs
from apps.jobs.models import Job


def delete_tracks(tracks: TrackQuerySet) -> int:
    """Delete songs in such a way that they can be had back for a minute; how many it were."""
    return tracks.filter(deleted_at=None).update(deleted_at=now())


def add_demo(*, owner) -> Job:
    """Have the demo songs composed and taken into a person's library."""
    running = Job.objects.owned_by(owner).active().filter(kind="compose").first()
    return running or jobs.enqueue(
        kind="compose", owner=owner, label="Compose the demo songs", page="/"
    )
