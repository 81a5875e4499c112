"""What this server takes, of one song and of one person."""

import pytest

from apps.files.models import Blob, Track

pytestmark = pytest.mark.django_db
MB = 2**20


def error(answer) -> tuple[int, str, str]:
    body = answer.json()["error"]
    return answer.status_code, body["code"], body["message"]


def test_a_song_beyond_the_bytes_of_its_owner_is_refused_with_figures(upload, song, owner):
    upload(song("a.wav"))
    owner.quota_bytes = Blob.objects.get().size + 1000
    owner.save()
    status, code, message = error(upload(song("b.wav", root=300.0)))
    assert (status, code) == (409, "over_quota")
    assert "You have used 258.5\xa0KB of the 259.5\xa0KB you may store" in message
    assert (Track.objects.count(), Blob.objects.count()) == (1, 1)


def test_a_song_beyond_the_minutes_of_its_owner_is_refused_with_figures(upload, song, owner):
    owner.quota_minutes = 1
    owner.save()
    for root in range(200, 210):
        assert upload(song("a.wav", root=root)).status_code == 201
    status, code, message = error(upload(song("b.wav", root=300.0)))
    assert (status, code) == (409, "over_quota")
    assert "You have used 1.0 min of the 1 min" in message


def test_the_usual_quota_counts_for_who_has_none_and_0_is_no_limit(upload, song, owner, settings):
    settings.QUOTA_BYTES = 10
    assert upload(song("a.wav")).status_code == 409
    owner.quota_bytes = 0
    owner.save()
    assert upload(song("a.wav")).status_code == 201


def test_the_same_song_again_is_no_more(upload, song, settings):
    upload(song())
    settings.QUOTA_BYTES = 10
    assert upload(song()).status_code == 200


def test_what_others_have_is_not_counted(upload, song, their_api, settings):
    upload(song("a.wav"))
    settings.QUOTA_BYTES = Blob.objects.get().size + 1000
    assert upload(song("b.wav", root=300.0), client=their_api).status_code == 201


def test_too_long_is_413_with_a_sentence(upload, song, settings):
    settings.MAX_MINUTES = 0.05
    status, code, message = error(upload(song()))
    assert (status, code) == (413, "too_long")
    assert message.endswith("minutes this server takes.")


def test_too_many_channels_is_422_with_a_sentence(upload, song, settings):
    settings.MAX_CHANNELS = 0
    assert error(upload(song()))[:2] == (422, "too_many_channels")
    assert not Blob.objects.exists()
