"""A clip is heard, and not kept."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils.timezone import now

from apps.files.models import Blob, Track
from apps.jobs import recovery
from apps.jobs.models import Job, Process
from apps.predictions import trials
from apps.predictions.models import PredictionSet, Trial
from apps.predictions.serving import todays_models
from apps.predictions.tasks import forget_trials
from audio import io
from audio.clip import Clip
from tests.predictions.conftest import BEATS, FOREST, KEY

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def one(models, three) -> None:
    """One quick model, unless a test says otherwise."""
    models(KEY)


@pytest.fixture
def send(api):
    def predict(path, client=None, **fields):
        with path.open("rb") as file:
            return (client or api).post(
                "/api/predict", {"file": file, **fields}, format="multipart"
            )

    return predict


@pytest.fixture
def worker(work, monkeypatch) -> None:
    """One that works while somebody waits."""
    Process.heard("fast", "test:1:1")
    monkeypatch.setattr(trials.time, "sleep", lambda seconds: work())


def test_a_clip_is_answered_at_once_and_not_kept(send, song, worker, settings, models):
    models(FOREST, BEATS, KEY)
    answer = send(song("clip.wav"))
    assert answer.status_code == 200
    said = answer.json()
    assert (said["file"], said["seconds"], said["model"]) == ("clip.wav", 6.0, "genre-forest")
    assert sum(said["probabilities"].values()) == pytest.approx(1, abs=0.01)
    assert {row["model"] for row in said["predictions"]} == {"genre-forest", "tempo", "key"}
    assert all({"start", "end", "probabilities"} <= row.keys() for row in said["windows"])
    assert not (Track.objects.exists() or PredictionSet.objects.exists() or Blob.objects.exists())
    assert not any(path.is_file() for path in settings.MEDIA_ROOT.rglob("*"))


def test_without_a_worker_one_is_told_where_the_answer_will_be(send, song, api, their_api, work):
    waiting = send(song())
    assert waiting.status_code == 202
    place = waiting.json()["result"]
    assert api.get(place).status_code == 202
    work()
    assert api.get(place).json()["model"] == "key"
    assert their_api.get(place).status_code == 404


def test_only_the_model_asked_for_answers(send, song, worker, models):
    models(FOREST, KEY)
    todays_models()
    said = send(song(), model="key").json()
    assert (said["model"], [row["model"] for row in said["predictions"]]) == ("key", ["key"])
    unknown = send(song(), model="kazoo")
    assert unknown.status_code == 404
    assert "there are genre-forest, key" in unknown.json()["error"]["message"]


def test_a_model_that_misses_something_says_so(send, song, worker, ears):
    todays_models()
    answer = send(song(), model="genre-convnet")
    assert answer.status_code == 422
    assert answer.json()["error"]["message"] == "Its weights are not here."


def test_the_rest_answers_and_names_those_missing(send, song, worker, ears):
    said = send(song()).json()
    assert said["label"] == "jazz"
    assert said["missing"]["genre-convnet"] == "Its weights are not here."


def test_bad_clips_are_refused_with_a_sentence(send, api, tmp_path, settings):
    (tmp_path / "empty.wav").touch()
    (tmp_path / "notes.mp3").write_text("This is no sound at all.\n" * 99)
    codes = {"empty.wav": "empty", "notes.mp3": "not_audio"}
    for name, code in codes.items():
        answer = send(tmp_path / name)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    assert api.post("/api/predict", {}, format="multipart").status_code == 400
    settings.MAX_UPLOAD_BYTES = 1000
    assert send(tmp_path / "notes.mp3").status_code == 413
    assert not (Job.objects.exists() or Blob.objects.exists())


def test_silence_is_said_to_be_silent(send, tmp_path, worker):
    io.write(tmp_path / "silence.wav", Clip(np.zeros((1, 44_100), np.float32), 22_050))
    answer = send(tmp_path / "silence.wav")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "silent")
    assert not Blob.objects.exists()


def test_asking_twice_while_it_waits_queues_once(send, song):
    first, second = send(song()), send(song())
    assert first.json()["result"] == second.json()["result"]
    assert Trial.objects.count() == 1


def test_one_person_cannot_fill_the_queue(send, song, monkeypatch):
    monkeypatch.setattr(trials, "MOST_AT_ONCE", 1)
    send(song())
    refused = send(song(root=330.0))
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "too_many")


def test_a_cancelled_clip_is_gone(send, song, api, work):
    place = send(song()).json()["result"]
    job = Job.objects.get()
    api.post(f"/api/jobs/{job.pk}/cancel")
    answer = api.get(place)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "cancelled")
    assert not Blob.objects.exists()
    api.post(f"/api/jobs/{job.pk}/retry")
    work()
    assert "Send it again" in api.get(place).json()["error"]["message"]


def test_a_killed_worker_costs_an_attempt_and_nothing_else(send, song, api, work):
    place = send(song()).json()["result"]
    Job.claim_next("fast", "test:1:1")
    Job.objects.update(beat_at=now() - timedelta(minutes=5))
    recovery.free_lost_jobs()
    work()
    assert api.get(place).status_code == 200
    assert not Blob.objects.exists()


def test_a_song_that_is_the_same_keeps_its_bytes(upload, send, song, api, work, owner):
    upload(song())
    send(song())
    work()
    track = Track.objects.get(owner=owner)
    assert b"".join(api.get(f"/api/files/{track.pk}/audio").streaming_content)
    assert Trial.objects.get().blob is None


def test_after_an_hour_it_is_forgotten(send, song, api, work):
    place = send(song()).json()["result"]
    work()
    Trial.objects.update(created_at=now() - timedelta(minutes=61))
    assert api.get(place).status_code == 404
    forget_trials()
    assert not (Trial.objects.exists() or Job.objects.exists())
