"""The models and the files they need, over the API and by shell."""

import dataclasses
import hashlib
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from apps.jobs.models import Job
from apps.predictions import catalogue
from apps.predictions.models import WeightsFetch
from apps.predictions.serving import todays_models
from audio import weights
from tests.predictions.conftest import FOREST
from tests.predictions.several import Workers

pytestmark = pytest.mark.django_db
FILE = "tagger"


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A folder with the file in it: one of ours, by which the catalogue is made to go."""
    content = b"weights of a very small model"
    entry = weights.CATALOGUE[FILE]
    sha256 = hashlib.sha256(content).hexdigest()
    ours = dataclasses.replace(entry, sha256=sha256, size=len(content))
    monkeypatch.setitem(weights.CATALOGUE, FILE, ours)
    folder = tmp_path / "mirror" / "deep"
    folder.mkdir(parents=True)
    (folder / entry.file).write_bytes(content)
    monkeypatch.setenv("AUDIOPHILE_MODEL_MIRROR", str(folder.parent))
    return folder / entry.file


def state(api) -> dict:
    rows = api.get("/api/models").json()["weights"]
    return next(row for row in rows if row["name"] == FILE)


def test_models_are_listed_with_what_is_missing(api, ears):
    todays_models()
    cards = {card["name"]: card for card in api.get("/api/models").json()["models"]}
    assert list(cards) == ["genre-ensemble", "genre-convnet", "tags", "key"]
    assert cards["genre-convnet"]["missing"] == "Its weights are not here."
    assert (cards["tags"]["threshold"], cards["tags"]["exclusive"]) == (0.5, False)


def test_shipped_models_tell_their_scores(api):
    todays_models()
    forest = api.get("/api/models").json()["models"][0]
    assert forest["name"] == "genre-forest" and len(forest["labels"]) == 10
    assert forest["scores"]["version"] == forest["version"]


def test_an_ensemble_without_the_convnet_has_the_scores_of_the_features(api, models):
    models("audio.genre.GenreEnsemble", FOREST)
    todays_models()
    ensemble, forest = api.get("/api/models").json()["models"]
    assert "features only" in ensemble["remark"] and not forest["remark"]
    assert ensemble["scores"]["by_artist"] == forest["scores"]["by_artist"]


def test_every_file_names_its_address_checksum_and_licence(api):
    for row in api.get("/api/models").json()["weights"]:
        assert row["url"].startswith("https://")
        assert len(row["sha256"]) == 64 or row["sha256"] == "unknown until first fetched"
        assert row["licence"] and row["certainty"] and row["used_by"]
        assert row["state"] == "not here"


def test_a_file_in_the_mirror_is_found(api, mirror):
    assert state(api)["state"] == "in the mirror"
    assert api.delete(f"/api/models/weights/{FILE}").status_code == 204
    assert mirror.exists() and state(api)["state"] == "in the mirror"
    mirror.write_bytes(b"something else")
    assert state(api)["state"] == "not here"


def test_fetching_is_a_job_and_asked_for_twice_it_is_one(api, mirror, work):
    first, second = (api.post(f"/api/models/weights/{FILE}/fetch") for _ in range(2))
    assert (first.status_code, first.json()["id"]) == (202, second.json()["id"])
    assert state(api)["job"] == first.json()["id"]
    work()
    assert Job.objects.get().state == "done"
    assert state(api)["job"] is None


@pytest.fixture
def nowhere(monkeypatch) -> None:
    """The file's address leads to nobody."""
    ours = dataclasses.replace(weights.CATALOGUE[FILE], urls=("https://nowhere.invalid/x",))
    monkeypatch.setitem(weights.CATALOGUE, FILE, ours)


def test_a_fetch_that_fails_names_the_file_the_address_and_the_way_out(api, work, nowhere):
    api.post(f"/api/models/weights/{FILE}/fetch")
    work()
    job = Job.objects.get()
    assert (job.state, job.error_code) == ("failed", "weights_missing")
    for words in (weights.CATALOGUE[FILE].file, "https://", "manage.py models fetch"):
        assert words in job.error
    assert state(api)["job"] == str(job.pk), "it is shown until the file is here"


def test_a_file_has_one_fetch(api, work, nowhere):
    first = api.post(f"/api/models/weights/{FILE}/fetch").json()["id"]
    work()
    second = api.post(f"/api/models/weights/{FILE}/fetch").json()["id"]
    assert first != second
    assert str(WeightsFetch.objects.get().job_id) == second
    with pytest.raises(IntegrityError), transaction.atomic():
        WeightsFetch.objects.create(name=FILE)


@pytest.mark.django_db(transaction=True)
def test_two_admins_at_once_have_one_fetch(owner, tmp_path):
    workers = Workers(tmp_path / "rows.sqlite3")
    ask = partial(catalogue.request_fetch, name=FILE, owner=owner)
    first, second = workers.at_once(ask, ask)
    assert first.pk == second.pk


def test_a_damaged_file_is_said_to_be_damaged(api):
    path = weights.folder() / weights.CATALOGUE[FILE].file
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not right")
    assert state(api)["state"] == "damaged"


def test_admins_are_told_the_way_out_and_members_only_what_is_missing(api, their_api):
    def convnet(client):
        rows = client.get("/api/models").json()["weights"]
        return next(row for row in rows if row["name"] == "convnet")

    assert "manage.py" in convnet(api)["way_out"]
    theirs = convnet(their_api)
    assert theirs["problem"] and not theirs["way_out"] and "/" not in theirs["problem"]


def test_a_cancelled_fetch_does_nothing(api, work):
    job = api.post(f"/api/models/weights/{FILE}/fetch").json()["id"]
    api.post(f"/api/jobs/{job}/cancel")
    assert work() == 0


def test_a_fetched_file_can_be_removed(api):
    path = weights.folder() / weights.CATALOGUE[FILE].file
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not right")
    api.delete(f"/api/models/weights/{FILE}")
    assert not path.exists()


def test_only_admins_change_what_is_here(their_api, api):
    assert their_api.get("/api/models").status_code == 200
    assert their_api.post(f"/api/models/weights/{FILE}/fetch").status_code == 403
    assert their_api.delete(f"/api/models/weights/{FILE}").status_code == 403
    unknown = api.post("/api/models/weights/kazoo/fetch")
    assert unknown.status_code == 404
    assert FILE in unknown.json()["error"]["message"]
    assert api.delete("/api/models/weights/kazoo").status_code == 404


def test_by_shell(mirror, capsys):
    call_command("models", "list")
    assert f"{FILE}\tin the mirror" in capsys.readouterr().out
    call_command("models", "fetch", FILE)
    call_command("models", "verify", FILE)
    call_command("models", "remove", FILE)
    said = capsys.readouterr().out
    assert str(mirror) in said and "what it should be" in said and "left alone" in said
    with pytest.raises(CommandError, match="kazoo"):
        call_command("models", "fetch", "kazoo")
    mirror.unlink()
    with pytest.raises(CommandError, match="way out"):
        call_command("models", "verify", FILE)
