"""Deleting leaves no bytes behind, and takes none that are in use."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.timezone import now

from apps.files.models import Blob
from apps.files.tasks import remove_unused_blobs
from apps.library.burial import erase
from apps.predictions.models import PredictionSet
from apps.remixes.models import BeatGrid, Remix
from apps.remixes.services import delete_remix, request_remix
from apps.separation.services import request_separation

pytestmark = pytest.mark.django_db


def age_everything() -> None:
    Blob.objects.update(created_at=now() - timedelta(hours=2))


def sweep() -> None:
    """Everything that the beat runs hourly."""
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        if entry["schedule"] == 3600.0:
            import_string(entry["task"])()


def stored(settings) -> int:
    return sum(path.is_file() for path in settings.MEDIA_ROOT.rglob("*"))


def test_nothing_in_use_is_removed(track, settings):
    age_everything()
    before = stored(settings)
    remove_unused_blobs()
    assert stored(settings) == before == Blob.objects.count()


def test_a_deleted_song_leaves_nothing(track, settings, owner, work):
    request_separation(track=track, owner=owner)
    delete_remix(request_remix(owner=owner, tracks=[track], beats=8, seed=1))
    request_remix(owner=owner, tracks=[track], beats=8, seed=1)
    work()
    delete_remix(Remix.objects.get())
    erase([track])
    age_everything()
    sweep()
    assert (stored(settings), Blob.objects.count()) == (0, 0)
    assert not (PredictionSet.objects.exists() or BeatGrid.objects.exists())


def test_a_person_who_leaves_leaves_nothing(track, settings, owner, work):
    request_separation(track=track, owner=owner)
    work()
    owner.delete()
    age_everything()
    sweep()
    assert (stored(settings), Blob.objects.count()) == (0, 0)


def test_work_in_progress_is_left_alone(track, settings):
    before = stored(settings)
    erase([track])
    remove_unused_blobs()
    assert stored(settings) == before


def test_bytes_that_another_person_has_stay(track, song, upload, their_api, settings):
    upload(song(), client=their_api)
    erase([track])
    age_everything()
    remove_unused_blobs()
    assert Blob.objects.filter(tracks__isnull=False).count() == 1
