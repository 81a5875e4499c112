"""`manage.py check_storage`: finds what is wrong with the storage, and mends it."""

import io
import os
import time
import uuid

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command

from apps.files import revival
from apps.files.models import Blob, Rendition, Track
from apps.jobs.models import Job
from apps.remixes.models import BeatGrid, Remix
from apps.remixes.services import request_remix
from apps.separation.models import Separation, StemSet
from apps.separation.services import request_separation

pytestmark = pytest.mark.django_db


def check(**options) -> str:
    out = io.StringIO()
    call_command("check_storage", stdout=out, stderr=out, **options)
    return out.getvalue()


def path_of(blob: Blob, settings):
    return settings.MEDIA_ROOT / blob.key


@pytest.fixture
def lose(settings):
    """The bytes of a blob are gone, and the check sees that."""

    def lose(blob: Blob) -> None:
        path_of(blob, settings).unlink()
        with pytest.raises(CommandError, match="1 things are wrong"):
            check()

    return lose


@pytest.fixture
def stray(settings):
    """Leaves bytes without a row behind, some hours ago."""

    def leave(name: str = "", *, hours: float = 2) -> None:
        name = name or f"ab/{uuid.uuid4().hex}.wav"
        path = settings.MEDIA_ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"left behind")
        then = time.time() - hours * 3600
        os.utime(path, (then, then))

    return leave


def test_a_sound_storage_is_well(track):
    assert check(deep=True).endswith("All is well.\n")


def test_bytes_without_a_row_are_listed_and_removed(track, stray):
    stray()
    with pytest.raises(CommandError, match="1 things are wrong"):
        check()
    assert "removed: ab/" in check(repair=True)
    assert check().endswith("All is well.\n")


def test_fresh_bytes_and_those_of_others_are_left_alone(track, stray, settings):
    stray(hours=0)
    stray("incoming/owner/song.wav")
    stray("backup.tar")
    check(repair=True)
    assert len([path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]) == (
        Blob.objects.count() + 3
    )


def test_strays_and_broken_transfers_in_the_bucket_are_removed(bucket, track, tmp_path):
    for key in (f"ab/{uuid.uuid4().hex}.wav", "theirs/y"):  # the server dates both 2010
        transfer = bucket.bucket.Object(key).initiate_multipart_upload()
        transfer.Part(1).upload(Body=b"the first part")
    (tmp_path / "x").write_bytes(b"x")
    bucket.put("theirs/x", tmp_path / "x")
    check(repair=True)
    assert [one.key for one in bucket.everything()] == ["theirs/x"]
    assert [one.object_key for one in bucket.bucket.multipart_uploads.all()] == ["theirs/y"]


def test_a_song_whose_file_is_gone_says_so_until_it_is_uploaded_again(
    track, lose, api, upload, song, work
):
    lose(track.blob)
    check(repair=True)
    told = api.get(f"/api/files/{track.pk}").json()
    assert (told["state"], told["problem"]) == ("unreadable", revival.GONE)
    assert api.get(f"/api/files/{track.pk}/audio").status_code == 404
    assert "its owners have been told" in check()
    again = upload(song())
    assert (again.status_code, again.json()["id"]) == (200, str(track.pk))
    work()
    track.refresh_from_db()
    assert (track.state, track.problem) == ("ready", "")
    assert check(deep=True).endswith("All is well.\n")


def test_a_damaged_song_is_found_by_reading_and_put_aside(track, settings):
    path = path_of(track.blob, settings)
    content = bytearray(path.read_bytes())
    content[1000] ^= 255
    path.write_bytes(content)
    check()
    with pytest.raises(CommandError):
        check(deep=True)
    check(deep=True, repair=True)
    track.refresh_from_db()
    assert (track.state, track.problem) == ("unreadable", revival.GONE)
    assert (settings.MEDIA_ROOT / "damaged" / path.name).read_bytes() == content
    assert "told" in check(deep=True)


def test_a_waveform_is_drawn_again(track, lose, work):
    lose(track.waveform)
    check(repair=True)
    track.refresh_from_db()
    assert (track.waveform, track.state) == (None, "ready")
    work()
    track.refresh_from_db()
    assert track.waveform is not None
    assert check(deep=True).endswith("All is well.\n")


def test_stems_are_made_again(track, owner, lose, work):
    separation = request_separation(track=track, owner=owner)
    work()
    lose(StemSet.objects.get().stems.first().blob)
    check(repair=True)
    assert Separation.objects.get(pk=separation.pk).state == Job.State.QUEUED
    work()
    assert Separation.objects.get(pk=separation.pk).state == Job.State.DONE
    assert check(deep=True).endswith("All is well.\n")


def test_a_remix_is_rendered_again_to_the_same_bytes(track, owner, lose, work):
    request_remix(owner=owner, tracks=[track], beats=8, seed=1)
    work()
    before = Remix.objects.get().blob
    lose(before)
    check(repair=True)
    assert not Remix.objects.get().is_rendered
    work()
    assert Remix.objects.get().blob.sha256 == before.sha256
    assert check(deep=True).endswith("All is well.\n")


def test_a_remix_whose_songs_are_gone_too_says_so(track, owner, lose, work):
    request_remix(owner=owner, tracks=[track], beats=8, seed=1)
    work()
    Remix.objects.get().tracks.clear()
    lose(Remix.objects.get().blob)
    check(repair=True)
    job = Remix.objects.get().job
    assert (job.state, job.error_code) == ("failed", "lost")


def test_beats_and_copies_in_other_formats_are_forgotten(track, owner, lose, work):
    request_remix(owner=owner, tracks=[track], beats=8, seed=1)
    work()
    lose(BeatGrid.objects.get().arrays)
    check(repair=True)
    assert not BeatGrid.objects.exists()
    Rendition.objects.create(source=track.blob, format="mp3", blob=track.waveform)
    lose(track.waveform)
    check(repair=True)
    assert not Rendition.objects.exists()


def test_bytes_that_exist_twice_are_put_back(bucket, track, upload, song, their_api, lose):
    with song().open("rb") as file:
        their_api.post("/api/files/upload/s3", {"file": file}, format="multipart")
    lose(track.blob)
    assert "put back from a copy" in check(repair=True)
    track.refresh_from_db()
    assert (track.blob.storage, track.state) == ("local", "ready")
    assert check(deep=True).endswith("All is well.\n")


def test_a_disk_that_is_not_mounted_is_no_reason_to_give_everything_up(
    track, owner, settings, tmp_path
):
    for number in range(10):
        blob = Blob.objects.create(
            storage="local", key=f"ab/{number:032x}.wav", size=1, sha256="x", content_type="x/y"
        )
        fields = {"filename": "a", "title": "a", "sha256": str(number)}
        Track.objects.create(owner=owner, blob=blob, **fields)
    settings.MEDIA_ROOT = tmp_path / "empty"
    settings.MEDIA_ROOT.mkdir()
    with pytest.raises(CommandError, match="things are wrong"):
        check(repair=True)
    assert not Track.objects.filter(state="unreadable").exists()


def test_a_storage_that_is_not_configured_is_wrong_and_untouched(track):
    Blob.objects.filter(pk=track.blob.pk).update(storage="s3")
    with pytest.raises(CommandError, match="1 things are wrong"):
        check(repair=True)
    assert Track.objects.get().state == "ready"
    assert "s3" not in storages.backends
