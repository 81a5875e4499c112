"""Objects that others put into the bucket become songs."""

from urllib.parse import quote_plus

import pytest
from rest_framework.test import APIClient

from apps.files.models import Track
from apps.files.tasks import notice_incoming
from apps.jobs.models import Job

pytestmark = pytest.mark.django_db
SECRET = "a secret"
ROUTE = "/api/storage/notifications"


@pytest.fixture
def told(settings, bucket):
    """A bucket that may tell us of its objects."""
    settings.S3_NOTIFY_SECRET = SECRET
    return bucket


def event(settings, *keys: str, name: str = "ObjectCreated:Put") -> dict:
    """As S3 and MinIO send it."""
    bucket = {"name": settings.S3_BUCKET}
    return {
        "Records": [
            {"eventName": name, "s3": {"bucket": bucket, "object": {"key": quote_plus(key)}}}
            for key in keys
        ]
    }


def tell(message, **headers):
    headers = headers or {"x-audiophile-secret": SECRET}
    return APIClient().post(ROUTE, message, format="json", headers=headers)


def test_a_notified_object_becomes_a_song_under_a_key_of_ours(told, owner, song, settings, work):
    told.put("incoming/owner/my söng.wav", song())
    answer = tell(event(settings, "incoming/owner/my söng.wav"))
    assert (answer.status_code, answer.json()) == (202, {"people": 1})
    work()
    track = Track.objects.get(owner=owner)
    assert (track.title, track.blob.storage, track.state) == ("my söng", "s3", "ready")
    assert not list(told.everything("incoming/"))
    assert told.exists(track.blob.key) and not track.blob.key.startswith("incoming/")


def test_the_sweep_finds_what_nobody_told(bucket, owner, stranger, song, work):
    bucket.put("incoming/owner/a.wav", song())
    bucket.put("incoming/stranger/b.wav", song())
    bucket.put("incoming/nobody/c.wav", song())
    notice_incoming()
    notice_incoming()
    assert Job.objects.filter(kind="collect").count() == 2, "asking twice queues once"
    work()
    assert set(Track.objects.values_list("owner__username", flat=True)) == {"owner", "stranger"}
    assert [one.key for one in bucket.everything("incoming/")] == ["incoming/nobody/c.wav"]


def test_what_is_no_song_is_put_aside_with_a_reason(bucket, owner, song, tmp_path, work):
    text = tmp_path / "notes.txt"
    text.write_text("Not a song.")
    bucket.put("incoming/owner/notes.txt", text)
    bucket.put("incoming/owner/song.wav", song())
    notice_incoming()
    work()
    assert Track.objects.filter(owner=owner).count() == 1
    job = Job.objects.get(kind="collect")
    assert (job.state, job.error_code) == ("failed", "refused")
    assert job.error.startswith("1 of 2 were taken in. notes.txt: ")
    assert [one.key for one in bucket.everything("refused/")] == ["refused/owner/notes.txt"]
    notice_incoming()
    assert Job.objects.filter(kind="collect").count() == 1


def test_hidden_names_in_a_key_stay_in_the_scratch_folder(bucket, owner, song, work):
    bucket.put("escape.wav", song())
    bucket.put("incoming/owner/../../escape.wav", song())
    bucket.put("incoming/owner/..", song())
    notice_incoming()
    work()
    assert Track.objects.filter(owner=owner).count() == 1
    assert [one.key for one in bucket.everything("in")] == []
    assert bucket.exists("escape.wav"), "what lies where such a name would lead is left alone"


@pytest.mark.parametrize(
    "headers",
    [{"x-audiophile-secret": SECRET}, {"authorization": f"Bearer {SECRET}"}],
    ids=["header", "bearer"],
)
def test_the_secret_opens(told, settings, headers):
    assert tell(event(settings), **headers).status_code == 202


def test_the_secret_opens_in_the_address_too(told, settings):
    answer = APIClient().post(f"{ROUTE}/?secret=a+secret", event(settings), format="json")
    assert answer.status_code == 202


def test_another_secret_does_not(told, settings):
    assert tell(event(settings), **{"x-audiophile-secret": "wrong"}).status_code == 403
    assert APIClient().post(ROUTE, event(settings), format="json").status_code == 403


def test_without_a_secret_there_is_nothing(bucket, settings):
    assert tell(event(settings)).status_code == 404


@pytest.mark.parametrize(
    "message",
    [
        [],
        "text",
        7,
        {"Records": 3},
        {"Records": [{}]},
        {"Message": "no json"},
        {"Records": [None]},
    ],
    ids=repr,
)
def test_nonsense_is_a_bad_request(told, message):
    assert tell(message).status_code == 400


def test_news_of_another_bucket_or_place_are_ignored(told, settings, owner):
    other = event(settings, "incoming/owner/a.wav")
    other["Records"][0]["s3"]["bucket"]["name"] = "another"
    told_of = [
        other, event(settings, "elsewhere/owner/a.wav"), event(settings, "incoming/a.wav"),
        event(settings, "incoming/owner/a.wav", name="ObjectRemoved:Delete"), {},
    ]  # fmt: skip
    assert [tell(message).json() for message in told_of] == [{"people": 0}] * 5
