"""A clip is heard, and not kept."""

from datetime import timedelta
from functools import partial

import numpy as np
import pytest
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.utils.timezone import now

from apps.files.models import Blob, Track
from apps.jobs import recovery, runner
from apps.jobs.models import Job, Process
from apps.predictions import pipeline, trials
from apps.predictions.models import PredictionSet, Trial
from apps.predictions.serving import todays_models
from apps.predictions.tasks import forget_trials
from audio import io
from audio.clip import Clip
from tests.predictions.conftest import BEATS, BROKEN, FOREST, KEY, NAMELESS
from tests.predictions.several import Workers

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


def test_two_that_ask_the_same_at_once_have_one_trial(song, owner, tmp_path):
    def upload():
        file = TemporaryUploadedFile("clip.wav", "audio/wav", song().stat().st_size, None)
        file.write(song().read_bytes())
        file.flush()
        return file

    workers = Workers(tmp_path / "rows.sqlite3")
    uploads = [upload(), upload()]
    acts = [partial(trials.request_trial, owner=owner, upload=file) for file in uploads]
    first, second = workers.at_once(*acts)
    for file in uploads:
        file.close()
    assert first.pk == second.pk
    assert workers.one(Trial.objects.count) == workers.one(Job.objects.count) == 1


def test_clips_have_a_limit_of_their_own(send, song, settings):
    settings.CLIP_BYTES = 1000
    answer = send(song())
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_clips_that_wait_count_as_long_as_they_are_kept(send, song, owner):
    first, other = song(), song("other.wav", root=330.0)
    owner.quota_bytes = first.stat().st_size + other.stat().st_size - 1
    owner.save()
    assert send(first).status_code == 202
    refused = send(other)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "over_quota")


def test_what_goes_on_for_too_long_is_noticed_while_it_is_heard(send, song, worker, settings):
    settings.PREDICT_PATIENCE = 0
    send(song())
    settings.MAX_MINUTES = 0.05
    Job.claim_next("fast", "test:1:1")
    job = Job.objects.get()
    runner.run(job, pipeline.listen)
    assert (job.state, job.error_code) == ("failed", "too_long")


def test_a_stream_that_states_no_length_has_the_one_that_was_heard(send, song, worker, tmp_path):
    live = tmp_path / "live.wav"
    content = bytearray(song().read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = b"\xff\xff\xff\xff"  # as who streams writes it
    live.write_bytes(content)
    assert send(live).json()["seconds"] == pytest.approx(6.0, abs=0.05)


def test_a_broken_model_is_named_and_the_others_answer(send, song, worker, models):
    models(KEY, BROKEN, "nowhere.at.All", NAMELESS)
    said = send(song()).json()
    assert [row["model"] for row in said["predictions"]] == ["key"]
    assert {"mine", "nowhere.at.All", "n" * 40} == said["missing"].keys()
    assert all(said["missing"].values())


@pytest.mark.parametrize(
    ("code", "status"), [("ours", 500), ("no_space", 507), ("no_memory", 503), ("silent", 422)]
)
def test_the_status_says_whose_fault_it_is(send, song, api, code, status):
    place = send(song()).json()["result"]
    Job.objects.update(state="failed", error_code=code, error="A sentence.")
    answer = api.get(place)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


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
    assert api.post(f"/api/jobs/{job.pk}/retry").json()["state"] == "cancelled", "it is gone"
    assert work() == 0


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
