"""Deleting leaves no bytes behind, and takes none that are in use."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from apps.files.models import Blob
from apps.files.tasks import remove_unused_blobs
from apps.library.services import delete_tracks

pytestmark = pytest.mark.django_db


def age_everything() -> None:
    Blob.objects.update(created_at=now() - timedelta(hours=2))


def stored(settings) -> int:
    return sum(path.is_file() for path in settings.MEDIA_ROOT.rglob("*"))


def test_nothing_in_use_is_removed(track, settings):
    age_everything()
    before = stored(settings)
    remove_unused_blobs()
    assert stored(settings) == before == Blob.objects.count()


def test_a_deleted_song_leaves_nothing(track, settings):
    delete_tracks([track])
    age_everything()
    remove_unused_blobs()
    assert (stored(settings), Blob.objects.count()) == (0, 0)


def test_work_in_progress_is_left_alone(track, settings):
    before = stored(settings)
    delete_tracks([track])
    remove_unused_blobs()
    assert stored(settings) == before


def test_bytes_that_another_person_has_stay(track, song, upload, their_api, settings):
    upload(song(), client=their_api)
    delete_tracks([track])
    age_everything()
    remove_unused_blobs()
    assert Blob.objects.filter(tracks__isnull=False).count() == 1
