"""Erasing songs for good: at once over the API, a minute after somebody deleted them on a page."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now

from apps.files import blobs
from apps.files.models import Blob, Track
from apps.jobs import services as jobs
from apps.jobs.models import Job
from apps.separation.services import delete_separation

UNDO = timedelta(minutes=1)


def bury() -> None:
    """Erase what was deleted more than a minute ago."""
    erase(Track.objects.deleted().filter(deleted_at__lt=now() - UNDO))


def erase(tracks: Iterable[Track]) -> None:
    """Erase songs with their stems and predictions; remixes made of them stay.

    Their bytes go after the commit, where nothing else refers to them.
    """
    for track in list(tracks):
        with transaction.atomic():
            _erase(track)


def _erase(track: Track) -> None:
    making = [reference.job for reference in track.references.in_the_making()]
    for job in filter(None, [track.job, *making]):
        jobs.cancel_job(job)
    # Work on other things may be reading its bytes just now: a sweep leaves them an hour more.
    Blob.objects.filter(pk=track.blob_id).update(created_at=now())
    used = _blobs_of(track)
    for separation in track.separations.select_related("stem_set__job"):
        delete_separation(separation)
    track.delete()
    transaction.on_commit(partial(_remove_at_once, used))


def _blobs_of(track: Track) -> list[int]:
    """What a song uses, whoever else does."""
    own = [track.blob_id, track.playable_id, track.waveform_id, track.cover_id]
    copies = Q(rendition_of__source__in=[pk for pk in own if pk])
    stems = Q(stems__stem_set__separations__track=track)
    stems |= Q(waveform_of_stem__stem__stem_set__separations__track=track)
    mixes = Q(mixes__separation__track=track)
    found = Blob.objects.filter(copies | stems | mixes).values_list("pk", flat=True)
    return [*filter(None, own), *found]


def _remove_at_once(used: list[int]) -> None:
    """What nothing refers to any more, unless work is going on that may still read it."""
    if Job.objects.filter(state=Job.State.RUNNING).exists():
        return  # the sweep will
    for blob in Blob.objects.unused().filter(pk__in=used):
        blobs.remove_unused(blob)
