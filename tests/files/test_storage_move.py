"""`manage.py move_storage`."""

import io

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command

from apps.files import blobs
from apps.files.models import Blob, Track
from apps.files.services import store_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def songs(owner, song) -> list[Track]:
    made = [song(f"{root}.wav", root=root) for root in (220.0, 277.0, 330.0)]
    return [store_file(owner=owner, path=path, name=path.name)[0] for path in made]


def move(**options) -> str:
    out = io.StringIO()
    call_command("move_storage", stdout=out, stderr=out, **options)
    return out.getvalue()


def test_a_library_moves_to_the_bucket_and_back(bucket, songs, settings):
    before = {blob.pk: blob.sha256 for blob in Blob.objects.all()}
    assert "All is in s3" in move(to="s3")
    assert {blob.storage for blob in Blob.objects.all()} == {"s3"}
    assert not list(storages["local"].everything())
    assert {blob.pk: blobs.stored_sha256(blob) for blob in Blob.objects.all()} == before
    move(to="local")
    assert not list(bucket.everything())
    assert {blob.pk: blobs.stored_sha256(blob) for blob in Blob.objects.all()} == before


def test_what_cannot_be_moved_stays_and_the_rest_moves(bucket, songs, settings):
    damaged, gone, whole = (track.blob for track in songs)
    (settings.MEDIA_ROOT / damaged.key).write_bytes(b"something else")
    (settings.MEDIA_ROOT / gone.key).unlink()
    with pytest.raises(CommandError, match="2 could not be moved"):
        move(to="s3")
    assert [track.blob.storage for track in Track.objects.order_by("created_at")] == [
        "local", "local", "s3"
    ]  # fmt: skip
    assert (settings.MEDIA_ROOT / damaged.key).exists()
    assert [one.key for one in bucket.everything()] == [Blob.objects.get(pk=whole.pk).key]


def test_a_second_run_has_only_the_rest_to_do(bucket, songs):
    blobs.move(songs[0].blob, "s3")
    keys = {one.key for one in bucket.everything()}
    move(to="s3")
    assert keys < {one.key for one in bucket.everything()}


def test_of_two_who_move_the_same_one_wins(bucket, songs):
    first, second = Blob.objects.get(pk=songs[0].blob.pk), Blob.objects.get(pk=songs[0].blob.pk)
    with blobs.local_copy(second) as path:
        blobs.move(first, "s3")
        with pytest.raises(blobs.Changed):
            blobs.replace(second, path, "s3")
    assert [one.key for one in bucket.everything()] == [first.key]
    assert Blob.objects.filter(sha256="").count() == 0


def test_who_is_reading_meanwhile_notices_nothing(bucket, songs):
    seen_before = Blob.objects.get(pk=songs[0].blob.pk)
    held = Blob.objects.get(pk=songs[0].blob.pk)
    with blobs.local_copy(held) as path:
        move(to="s3")
        assert blobs.sha256_of(path) == held.sha256
    content = b"".join(blobs.read_range(seen_before, 0, seen_before.size))
    assert len(content) == seen_before.size


def test_without_a_bucket_it_says_what_to_set(songs):
    with pytest.raises(CommandError, match="AWS_S3_BUCKET"):
        move(to="s3")
