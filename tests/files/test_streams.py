"""Stored bytes over HTTP."""

import pytest

from apps.files.models import Track

pytestmark = pytest.mark.django_db


def body(answer) -> bytes:
    return b"".join(answer.streaming_content)


@pytest.fixture
def audio(upload, song, api):
    """Asks for a song's audio with these headers; also gives the true bytes."""
    path = song()
    track = upload(path).json()["id"]

    def ask(client=None, **headers):
        return (client or api).get(f"/api/files/{track}/audio", headers=headers)

    ask.bytes = path.read_bytes() if path.exists() else b""
    ask.size = Track.objects.get().blob.size
    return ask


def test_the_whole_comes_back_unchanged(audio):
    answer = audio()
    assert (answer.status_code, answer["Accept-Ranges"]) == (200, "bytes")
    assert len(body(answer)) == audio.size == int(answer["Content-Length"])


@pytest.mark.parametrize(
    ("asked", "first", "count"),
    [("bytes=0-99", 0, 100), ("bytes=100-", 100, None), ("bytes=-50", -50, 50)],
)
def test_a_range_is_that_part(audio, asked, first, count):
    whole = body(audio())
    answer = audio(range=asked)
    part = whole[first:] if count is None or first < 0 else whole[first : first + count]
    assert answer.status_code == 206
    assert body(answer) == part
    assert answer["Content-Range"].endswith(f"/{audio.size}")


def test_a_range_beyond_the_end_is_416(audio):
    answer = audio(range=f"bytes={audio.size}-")
    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{audio.size}")


def test_what_the_browser_has_is_not_sent_again(audio):
    assert audio(**{"if-none-match": audio()["ETag"]}).status_code == 304


def test_a_range_of_something_else_is_answered_whole(audio):
    assert audio(range="bytes=0-9", **{"if-range": '"another"'}).status_code == 200


def test_a_stranger_hears_nothing(audio, their_api, client):
    assert audio(client=their_api).status_code == 404
    assert audio(client=client).status_code in (401, 403)
