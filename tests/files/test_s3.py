"""The bucket as a storage, over HTTP."""

import hashlib
import io
import os

import pytest
import requests

from apps.files import blobs
from apps.files.models import Blob, Track
from apps.files.stored import Unreachable

pytestmark = pytest.mark.django_db
PARTS = 20 * 2**20  # bytes; three parts


@pytest.fixture
def to_bucket(api):
    def send(path, client=None):
        with path.open("rb") as file:
            return (client or api).post("/api/files/upload/s3", {"file": file}, format="multipart")

    return send


def test_bytes_in_many_parts_come_back_the_same(bucket, tmp_path):
    content = os.urandom(PARTS)
    path = tmp_path / "big.wav"
    path.write_bytes(content)
    blob = blobs.store(path, content_type="audio/wav", alias="s3")
    assert blob.sha256 == hashlib.sha256(content).hexdigest() == blobs.stored_sha256(blob)
    with blobs.local_copy(blob) as copy:
        assert copy.read_bytes() == content
    assert b"".join(blobs.read_range(blob, 5, PARTS - 5)) == content[5:-5]
    assert b"".join(blobs.read_range(blob, 7, 7)) == b""
    assert blobs.store(copy_of(content, path), content_type="audio/wav", alias="s3") == blob


def copy_of(content, path):
    path.write_bytes(content)
    return path


def test_a_song_is_kept_in_the_bucket_and_read_from_there(bucket, to_bucket, song, api, work):
    path = song()
    content = path.read_bytes()
    answer = to_bucket(path)
    assert answer.status_code == 201, answer.json()
    work()
    track = Track.objects.get()
    assert (track.blob.storage, track.state) == ("s3", "ready")
    heard = api.get(f"/api/files/{track.pk}/audio", headers={"range": "bytes=10-29"})
    assert (heard.status_code, b"".join(heard.streaming_content)) == (206, content[10:30])
    assert to_bucket(copy_of(content, path)).status_code == 200


def test_a_download_is_sent_to_the_bucket_itself(bucket, to_bucket, song, api):
    path = song("söng.wav")
    content = path.read_bytes()
    track = to_bucket(path).json()["id"]
    answer = api.get(f"/api/files/{track}/audio?download=1")
    assert answer.status_code == 302
    fetched = requests.get(answer["Location"], timeout=10)
    assert fetched.content == content
    assert "s%C3%B6ng.wav" in fetched.headers["Content-Disposition"]
    assert fetched.headers["Content-Type"] == "audio/wav"
    bare = answer["Location"].partition("?")[0]
    assert "X-Amz-Signature" in answer["Location"] and bare != answer["Location"]


def test_where_browsers_do_not_reach_the_bucket_it_is_streamed(
    bucket, to_bucket, song, api, settings
):
    settings.S3_DOWNLOADS = "stream"
    track = to_bucket(song()).json()["id"]
    answer = api.get(f"/api/files/{track}/audio?download=1")
    assert (answer.status_code, len(b"".join(answer.streaming_content)) > 1000) == (200, True)


def test_without_a_bucket_it_says_which_variables_are_missing(to_bucket, song, settings):
    settings.S3_MISSING = ["AWS_S3_BUCKET", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
    answer = to_bucket(song())
    assert answer.status_code == 409
    error = answer.json()["error"]
    assert error["code"] == "s3_not_configured"
    assert "AWS_S3_BUCKET, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in error["message"]


def test_a_bucket_that_does_not_answer_is_503_and_leaves_nothing(
    settings, bucket, to_bucket, song
):
    options = {**settings.STORAGES["s3"]["OPTIONS"], "bucket_name": "no-such-bucket"}
    settings.STORAGES = {
        **settings.STORAGES, "s3": {**settings.STORAGES["s3"], "OPTIONS": options}
    }  # fmt: skip
    answer = to_bucket(song())
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "storage_unreachable")
    assert not Blob.objects.exclude(sha256="").exists()


def test_what_is_gone_from_the_bucket_is_404(bucket, to_bucket, song, api):
    track = to_bucket(song()).json()["id"]
    bucket.delete(Blob.objects.get().key)
    assert api.get(f"/api/files/{track}/audio").status_code == 404


def test_no_upload_is_no_song(bucket, api):
    empty = io.BytesIO(b"")
    empty.name = "empty.wav"
    answer = api.post("/api/files/upload/s3", {"file": empty}, format="multipart")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "empty")
    assert api.post("/api/files/upload/s3", {}, format="multipart").status_code == 400
    assert not list(bucket.everything())


def test_a_refused_listing_is_no_empty_bucket(bucket, settings):
    bucket.bucket.delete()
    with pytest.raises(Unreachable):
        list(bucket.everything())
