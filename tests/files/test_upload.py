"""Bringing recordings in."""

import resource

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.files.models import Blob, Track

pytestmark = pytest.mark.django_db


def test_a_song_becomes_a_row_and_then_ready(upload, song, work, api):
    answer = upload(song("Take Five.wav"))
    assert answer.status_code == 201
    assert (answer.json()["title"], answer.json()["state"]) == ("Take Five", "probing")
    work()
    known = api.get(f"/api/files/{answer.json()['id']}").json()
    assert known["state"] == "ready"
    assert known["duration"] == pytest.approx(6.0)
    assert known["tempo"] == pytest.approx(120, rel=0.03)
    assert known["genre"]["label"]


@pytest.mark.parametrize("suffix", ["mp3", "flac", "ogg", "opus", "m4a", "aiff"])
def test_every_format_is_read_and_can_be_played(suffix, upload, song, work, api):
    answer = upload(song(f"song.{suffix}", seconds=1.0))
    assert answer.status_code == 201, answer.json()
    track = Track.objects.get()
    work()
    track.refresh_from_db()
    assert track.state == Track.State.READY
    assert track.seconds == pytest.approx(1.0, abs=0.1)
    heard = api.get(f"/api/files/{track.pk}/audio")
    assert heard["Content-Type"].startswith("audio/")
    assert heard["Content-Type"] != "audio/aiff", "browsers do not play it"


def test_the_same_bytes_again_are_the_same_file(upload, song):
    first, second = upload(song()), upload(song())
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert (Track.objects.count(), Blob.objects.count()) == (1, 1)


def test_two_people_share_the_bytes_but_not_the_song(upload, song, their_api):
    first, second = upload(song()), upload(song(), client=their_api)
    assert second.status_code == 201
    assert first.json()["id"] != second.json()["id"]
    assert Blob.objects.count() == 1
    assert their_api.get(f"/api/files/{first.json()['id']}").status_code == 404


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"this is a letter, not a song\n" * 50, "not_audio"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 500, "not_audio"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "not_audio"),
    ],
    ids=["empty", "text", "picture", "half a header"],
)
def test_what_is_no_recording_is_refused_with_a_sentence(content, code, api):
    file = SimpleUploadedFile("song.mp3", content)
    answer = api.post("/api/files/upload", {"file": file}, format="multipart")
    error = answer.json()["error"]
    assert answer.status_code == 422
    assert error["message"].endswith(".")
    assert error["request_id"] == answer["X-Request-Id"]
    assert error["code"] == code or (code == "not_audio" and error["code"] == "damaged")
    assert not Track.objects.exists() and not Blob.objects.exists()


def test_no_file_at_all_is_a_bad_request(api):
    answer = api.post("/api/files/upload", {}, format="multipart")
    assert answer.status_code == 400
    assert "file" in answer.json()["error"]["fields"]


def test_too_large_is_413(upload, song, settings):
    settings.MAX_UPLOAD_BYTES = 1000
    answer = upload(song())
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize("name", ["../../etc/passwd", "🎸 ünïcode 🎶.wav", "a" * 300 + ".wav"])
def test_odd_names_are_only_names(name, song, api, settings):
    file = SimpleUploadedFile("x", song().read_bytes())
    file._name = name
    answer = api.post("/api/files/upload", {"file": file}, format="multipart")
    assert answer.status_code == 201
    stored = [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    assert len(stored) == 1 and stored[0].suffix == ".wav"
    assert "/" not in Track.objects.get().filename


def test_a_full_disk_is_told_and_nothing_is_kept(song, api, settings):
    """The limit on file size stands in for the end of the disk: the write fails the same way."""
    content = song(seconds=30).read_bytes()
    file = SimpleUploadedFile("song.wav", content)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(content) // 2, before[1]))
    try:
        answer = api.post("/api/files/upload", {"file": file}, format="multipart")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert answer.status_code == 507
    assert "room" in answer.json()["error"]["message"]
    assert not Track.objects.exists() and not list(settings.SCRATCH.iterdir())
