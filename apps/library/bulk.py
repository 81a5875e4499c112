"""What can be done with many songs at once, and what is said of it."""

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.timezone import now

from apps.files.models import Track, TrackQuerySet
from apps.jobs.models import Job
from apps.library import services
from apps.separation.services import request_separation

MOST_TO_UNMIX = 500  # in one wish
MOST_TO_REMIX = 100


@dataclass(frozen=True)
class Outcome:
    """What came of it: words, the songs that are gone, where to go on, and how to take it back."""

    text: str
    worked: bool = True
    gone: list[UUID] = field(default_factory=list)
    page: str = ""
    undo: str = ""  # the two moments between which the songs were deleted


def unmix(owner, tracks: TrackQuerySet) -> Outcome:
    ready = tracks.ready()
    if (number := ready.count()) > MOST_TO_UNMIX:
        return _too_many(number, MOST_TO_UNMIX, "unmixed")
    wishes = [request_separation(track=track, owner=owner) for track in ready]
    waiting = sum(wish.state in Job.ACTIVE for wish in wishes)
    return Outcome(
        f"{count(waiting)} to unmix." if waiting else "Nothing to do: they are unmixed."
    )


def remix(owner, tracks: TrackQuerySet) -> Outcome:
    ready = tracks.ready()
    if (number := ready.count()) > MOST_TO_REMIX:
        return _too_many(number, MOST_TO_REMIX, "remixed")
    chosen = urlencode([("song", pk) for pk in ready.values_list("pk", flat=True)])
    return Outcome("", page=f"{reverse('remixes:new')}?{chosen}")


def delete(owner, tracks: TrackQuerySet) -> Outcome:
    """They are gone from every page at once, and can be had back for a minute."""
    gone = list(tracks.values_list("pk", flat=True))
    since = now()
    services.delete_tracks(tracks)
    undo = f"{since.isoformat()}/{now().isoformat()}"
    return Outcome(f"{count(len(gone))} deleted.", gone=gone, undo=undo)


def restore(owner, span: tuple[datetime, datetime]) -> int:
    """Take back what was deleted between two moments; how many there still were."""
    gone = Track.objects.deleted().filter(owner=owner, deleted_at__range=span)
    return gone.update(deleted_at=None)


def _too_many(number: int, most: int, done: str) -> Outcome:
    text = f"That is {number:,} songs; {most} can be {done} at once. Narrow it down first."
    return Outcome(text, worked=False)


def count(number: int) -> str:
    return "1 song" if number == 1 else f"{number:,} songs"


ACTIONS = {"unmix": unmix, "remix": remix, "delete": delete}
