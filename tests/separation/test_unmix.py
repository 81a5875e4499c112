"""Unmixing through services and the API, with the real engine."""

import io

import numpy as np
import pytest
import soundfile

from apps.files.models import Blob
from apps.jobs.models import Job
from apps.separation.models import Separation, StemSet

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(api, track):
    def ask(client=None, file=None, **extra):
        wish = {"file": str(file or track.pk), **extra}
        return (client or api).post("/api/separations", wish, format="json")

    return ask


def samples(answer) -> np.ndarray:
    return soundfile.read(io.BytesIO(b"".join(answer.streaming_content)), always_2d=True)[0]


def test_the_stems_come_out_and_sum_to_the_song(ask, api, work, track):
    answer = ask()
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    work()
    done = api.get(f"/api/separations/{answer.json()['id']}").json()
    assert done["state"] == "done"
    assert [stem["name"] for stem in done["stems"]] == ["drums", "bass", "other"]
    stems = [samples(api.get(stem["url"])) for stem in done["stems"]]
    assert all(np.abs(stem).max() > 0.01 for stem in stems), "every stem is audible"
    with track.blob.open() as file:
        mix, rate = soundfile.read(file, always_2d=True)
    total = sum(stems)[:, 0]
    # The engine works at 44.1 kHz and the song is at 22.05 kHz: every second sample is its own.
    assert rate == 22_050
    assert np.corrcoef(total[::2][: len(mix)], mix[: len(total[::2]), 0])[0, 1] > 0.99


def test_asking_twice_queues_once(ask):
    assert ask().json()["id"] == ask().json()["id"]
    assert Job.objects.filter(kind="separate").count() == 1


def test_a_second_person_waits_for_nothing(ask, work, upload, song, their_api):
    ask()
    work()
    theirs = upload(song(), client=their_api).json()["id"]
    work()
    answer = ask(client=their_api, file=theirs)
    assert answer.json()["state"] == "done"
    assert StemSet.objects.count() == 1
    assert Job.objects.filter(kind="separate").count() == 1


def test_a_stranger_can_neither_ask_nor_listen(ask, their_api, work, api):
    assert ask(client=their_api).status_code == 400, "a file that does not exist for them"
    mine = ask().json()["id"]
    work()
    assert their_api.get(f"/api/separations/{mine}").status_code == 404
    assert their_api.get(f"/api/separations/{mine}/stems/drums").status_code == 404
    assert their_api.delete(f"/api/separations/{mine}").status_code == 404
    assert api.get(f"/api/separations/{mine}/stems/kazoo").status_code == 404


def test_an_unknown_engine_is_a_bad_request(ask):
    answer = ask(engine="magic")
    assert answer.status_code == 400
    assert "engine" in answer.json()["error"]["fields"]


def test_a_cancelled_unmix_can_be_asked_for_again(ask, api, work):
    first = ask().json()
    api.post(f"/api/jobs/{first['job']['id']}/cancel")
    assert api.get(f"/api/separations/{first['id']}").json()["state"] == "cancelled"
    work()
    assert Separation.objects.get().state == "cancelled"
    assert ask().json()["state"] == "queued"
    work()
    assert Separation.objects.get().state == "done"


def test_deleting_the_last_wish_frees_the_stems(ask, api, work):
    mine = ask().json()["id"]
    work()
    api.delete(f"/api/separations/{mine}")
    assert not StemSet.objects.exists()
    assert Blob.objects.unused().count() == 3
