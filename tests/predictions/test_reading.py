"""What models said, as the file JSON, the library and the search give it."""

from importlib import import_module

import numpy as np
import pytest
from django.apps import apps

from apps.files.models import Tag, Track
from apps.jobs.models import Job
from apps.predictions.models import (
    CurrentReference,
    PredictionModel,
    PredictionSet,
    Reference,
    packed,
    unpacked,
)
from apps.predictions.reading import prediction
from apps.predictions.serving import todays_models
from apps.predictions.tasks import refresh_predictions
from tests.predictions.conftest import BEATS, BROKEN, FOREST, KEY, RENAMED, TAGGER

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(ears, track) -> Track:
    return track


def said_of(api, track) -> dict[str, dict]:
    rows = api.get(f"/api/files/{track.pk}").json()["predictions"]
    return {row["model"]: row for row in rows}


def test_the_ensemble_names_the_genre_where_there_is_one(heard, api):
    row = api.get(f"/api/files/{heard.pk}").json()
    assert row["genre"] == {"label": "jazz", "confidence": 0.95, "sure": True} | {
        "confidence": row["genre"]["confidence"]
    }
    assert row["predictions"][0]["model"] == "genre-ensemble"


def test_a_model_is_heard_window_by_window(heard, api):
    jazz = said_of(api, heard)["genre-ensemble"]
    spans = [(window["start"], window["end"]) for window in jazz["windows"]]
    assert spans == [(0.0, 4.0), (2.0, 6.0)], "the last one reaches back"
    assert jazz["probabilities"] == pytest.approx({"blues": 0.05, "jazz": 0.95}, abs=1e-3)
    assert {window["label"] for window in jazz["windows"]} == {"jazz"}


def test_a_number_is_said_as_a_value(track, api):
    tempo = said_of(api, track)["tempo"]
    assert tempo["value"] == pytest.approx(120, abs=1)
    assert all(window["end"] <= 6.0 and window["value"] for window in tempo["windows"])


def test_what_is_missing_is_named_with_its_reason(heard, api):
    missing = api.get(f"/api/files/{heard.pk}").json()["missing"]
    assert missing["genre-convnet"] == "Its weights are not here."
    assert "features only" in missing["genre-ensemble"]
    assert "key" not in missing


def test_one_model_alone(heard, api):
    only = api.get(f"/api/files/{heard.pk}/tags").json()
    assert {row["model"] for row in only["predictions"]} == {"tags"}
    absent = api.get(f"/api/files/{heard.pk}/genre-convnet").json()
    assert (absent["predictions"], list(absent["missing"])) == ([], ["genre-convnet"])


def test_a_broken_model_is_named_and_the_rest_is_published(upload, song, work, api, models):
    models(KEY, BROKEN)
    track = upload(song("broken.wav"))
    work()
    row = api.get(f"/api/files/{track.json()['id']}").json()
    assert [said["model"] for said in row["predictions"]] == ["key"]
    assert "failed" in row["missing"]["mine"]
    assert {job.state for job in Job.objects.all()} == {"done"}


def test_a_broken_model_that_is_added_later_is_named_too(track, work, api, models):
    models(FOREST, BEATS, KEY, BROKEN)
    refresh_predictions()
    work()
    assert "failed" in api.get(f"/api/files/{track.pk}").json()["missing"]["mine"]


def test_what_was_said_keeps_its_words_when_its_model_has_others(heard, api, models):
    before = said_of(api, heard)["tags"]
    models(RENAMED, KEY)
    todays_models()
    assert said_of(api, heard)["tags"] == before
    assert api.get(f"/api/detect/rock/{heard.pk}").json()
    todays_models()
    assert PredictionSet.objects.get(model__name="tags").words == ["Rock", "organ", "silence"]


def test_more_columns_than_words_are_no_error(heard, api, client, owner):
    PredictionModel.objects.update(labels=["only"])
    client.force_login(owner)
    assert set(said_of(api, heard)["tags"]["probabilities"]) == {"only"}
    for page in (f"/api/files/{heard.pk}/tags", f"/api/detect/only/{heard.pk}"):
        assert api.get(page).status_code == 200
    assert client.get(f"/songs/{heard.pk}/").status_code == 200


def test_heard_tags_filter_the_library_and_feed_the_search(heard, api):
    row = api.get("/api/files?tag=organ").json()["results"][0]
    assert (row["heard"], row["tags"]) == (["organ", "rock"], [])
    assert len(api.get("/api/files?q=song organ").json()["results"]) == 1
    assert api.get("/api/files?tag=silence").json()["results"] == []
    assert api.get("/api/files?q=organ nonsense").json()["results"] == []


def test_heard_tags_are_replaced_and_leave_those_of_people_alone(heard, work, models):
    Tag.objects.create(track=heard, name="mine", origin=Tag.Origin.PERSON)
    Tag.objects.create(track=heard, name="stale", origin=Tag.Origin.MODEL)
    models(TAGGER)
    Reference.request(heard, cause=Reference.Cause.REFRESH)
    work()
    assert [(tag.name, tag.origin) for tag in heard.tags.all()] == [
        ("mine", "person"), ("organ", "model"), ("rock", "model"),
    ]  # fmt: skip


def test_where_a_word_was_heard(heard, api, their_api):
    rows = api.get(f"/api/detect/ROCK/{heard.pk}").json()
    assert [(row["time"], row["end"], row["model"]) for row in rows] == [
        (0.0, 2.0, "tags"), (2.0, 4.0, "tags"), (4.0, 6.0, "tags"),
    ]  # fmt: skip
    assert rows[0]["utterance"] == "Rock" and rows[0]["confidence"] == pytest.approx(0.9, abs=1e-3)
    assert api.get(f"/api/detect/silence/{heard.pk}").json() == []
    assert their_api.get(f"/api/detect/rock/{heard.pk}").status_code == 404


def test_a_word_nobody_listens_for_is_answered_with_those_there_are(heard, api):
    unknown = api.get(f"/api/detect/kazoo/{heard.pk}")
    assert unknown.status_code == 404
    assert "Rock" in unknown.json()["error"]["message"]


def test_a_list_costs_the_same_queries_with_heard_tags(heard, api, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        api.get("/api/files?tag=rock&q=song")


def test_confidences_keep_their_form(heard, api):
    rows = api.get(f"/api/files/{heard.pk}").json()["confidences"]
    assert all(set(row) == {"utterance", "time", "confidence", "model"} for row in rows)
    assert {"jazz", "Rock", "organ"} <= {row["utterance"] for row in rows}


def test_a_guess_is_not_sure():
    model = PredictionModel(name="genre-forest", version="1", labels=["a", "b", "c"])
    row = np.array([[0.34, 0.33, 0.33]])
    made = PredictionSet(
        model=model, starts=[0.0], window=30.0, array=packed(row), label="a", confidence=0.34
    )
    said = prediction(made, 12.5)
    assert (said["sure"], said["windows"][0]["end"]) == (False, 12.5)


def test_a_tagger_that_heard_nothing_shows_no_windows():
    model = PredictionModel(
        name="tags", version="1", labels=["a", "b"], threshold=0.5, exclusive=False
    )
    row = np.array([[0.4, 0.3], [0.2, 0.7]])
    made = PredictionSet(model=model, starts=[0.0, 1.0], window=1.0, array=packed(row))
    assert [window["label"] for window in prediction(made, 2.0)["windows"]] == ["b"]


def test_rows_of_before_get_what_is_said_of_the_whole(track):
    migration = import_module("apps.predictions.migrations.0005_fill_overall")
    made = PredictionSet.objects.get(model__name="key")
    before = unpacked(made.overall)
    PredictionSet.objects.update(overall=b"")
    migration.fill(apps, None)
    made.refresh_from_db()
    np.testing.assert_allclose(unpacked(made.overall), before, atol=1e-3)
    migration.empty(apps, None)
    made.refresh_from_db()
    assert bytes(made.overall) == b""
    np.testing.assert_allclose(made.all_in_all, before, atol=1e-3)
    assert CurrentReference.objects.get(track=track).key == made.label
