"""Remixing through the API, with the real engine."""

import io

import numpy as np
import pytest
import soundfile

from apps.files.models import Track
from apps.jobs.models import Job
from apps.remixes.models import BeatGrid, Remix

pytestmark = pytest.mark.django_db


@pytest.fixture
def songs(upload, song, work) -> list[str]:
    """Two songs at the same tempo."""
    made = [
        upload(song("one.wav", seconds=12.0)),
        upload(song("two.wav", seconds=12.0, root=277.0)),
    ]
    work()
    return [answer.json()["id"] for answer in made]


@pytest.fixture
def ask(api):
    def ask(files, client=None, **extra):
        wish = {"files": files, "beats": 16, "seed": 7, **extra}
        return (client or api).post("/api/remixes", wish, format="json")

    return ask


def test_a_remix_plays_and_says_where_each_part_comes_from(ask, songs, work, api):
    answer = ask(songs)
    assert answer.status_code == 202, answer.json()
    work()
    remix = api.get(f"/api/remixes/{answer.json()['id']}").json()
    assert remix["job"]["state"] == "done", remix["job"]
    audio = b"".join(api.get(f"/api/remixes/{remix['id']}/audio").streaming_content)
    samples, rate = soundfile.read(io.BytesIO(audio))
    assert (rate, samples.shape[1]) == (44_100, 2)
    assert np.sqrt(np.mean(samples**2)) > 0.01
    assert len(samples) / rate == pytest.approx(remix["seconds"], abs=0.01)
    recipe = api.get(f"/api/remixes/{remix['id']}/recipe").json()
    assert {segment["song"] for segment in recipe["segments"]} == set(songs)
    assert recipe["songs"][songs[0]]["title"] == "one"
    assert all(segment["reason"] for segment in recipe["segments"])


def test_the_same_seed_gives_the_same_bytes(ask, songs, work):
    ask(songs)
    ask(songs)
    work()
    first, second = Remix.objects.all()
    assert first.blob.sha256 == second.blob.sha256


def test_beats_are_found_once(ask, songs, work):
    ask(songs)
    ask(songs, seed=8)
    work()
    assert BeatGrid.objects.count() == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"files": []}, "files"),
        ({"beats": 3}, "beats"),
        ({"jump_rate": 2}, "jump_rate"),
        ({"seed": -1}, "seed"),
    ],
)
def test_a_senseless_wish_is_a_bad_request(ask, songs, wrong, field):
    answer = ask(**{"files": songs, **wrong})
    assert answer.status_code == 400
    assert field in answer.json()["error"]["fields"]


def test_anothers_song_does_not_exist(ask, songs, their_api):
    assert ask(songs, client=their_api).status_code == 400
    assert not Remix.objects.exists()


def test_a_stranger_hears_nothing(ask, songs, work, their_api):
    mine = ask(songs).json()["id"]
    work()
    for path in ("", "/audio", "/recipe", "/waveform"):
        assert their_api.get(f"/api/remixes/{mine}{path}").status_code == 404


def test_a_song_without_beats_fails_with_its_name(ask, upload, tmp_path, work):
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(44_100 * 6, np.float32), 44_100)
    silent = upload(path).json()["id"]
    work()
    ask([silent])
    work()
    job = Job.objects.get(kind="remix")
    assert job.state == "failed"
    assert "“silence”" in job.error


def test_a_remix_outlives_its_songs(ask, songs, work, api):
    mine = ask(songs).json()["id"]
    work()
    for file in songs:
        api.delete(f"/api/files/{file}")
    assert not Track.objects.exists()
    assert api.get(f"/api/remixes/{mine}/audio").status_code == 200
