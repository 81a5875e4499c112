"""Generations of predictions: read, compared, gone back to."""

from contextlib import contextmanager
from datetime import timedelta
from itertools import count

import pytest
from django.db import connection
from django.utils.timezone import now

from apps.predictions import history
from apps.predictions.models import (
    CurrentReference,
    PredictionModel,
    PredictionSet,
    Reference,
)
from apps.predictions.refresh import refresh
from apps.predictions.tasks import forget_unused
from tests.predictions import quick

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def two(three, models) -> None:
    models(quick.GENRE, quick.MOOD)


@pytest.fixture
def song(owner):
    (song,) = quick.tracks(owner, 1)
    quick.heard([song])
    return song


@pytest.fixture
def next_version(monkeypatch):
    """Lets another version of the genre model say something of a song."""

    def say(song, version: str, label: str) -> Reference:
        monkeypatch.setattr(quick.Genre, "version", version)
        quick.heard([song], genre_forest=label)
        return Reference.objects.current().get(track=song)

    return say


def listed(api, song) -> list[dict]:
    return api.get(f"/api/files/{song.pk}/references").json()["results"]


# -- reading -------------------------------------------------------------------------------------


def test_what_changed_and_why_is_told_of_each(api, song, next_version):
    next_version(song, "2", "blues")
    new, old = listed(api, song)
    assert (new["current"], old["current"]) == (True, False)
    assert old["changes"] == [] and len(old["models"]) == 2
    (change,) = new["changes"]
    assert (change["model"], change["changed"]) == ("genre-forest", ["version"])
    assert (change["before"]["version"], change["after"]["version"]) == ("1", "2")
    assert change["label_changed"] is True
    assert change["sentence"].endswith("version 2, not 1; it says blues where it said jazz.")


def test_models_come_and_go(api, song, models):
    models(quick.GENRE)
    assert refresh().at_once == 1
    models(quick.GENRE, quick.MOOD)
    assert refresh().at_once == 1
    changed = [[change["changed"] for change in row["changes"]] for row in listed(api, song)]
    assert changed == [[["added"]], [["removed"]], []]
    assert [row["cause"] for row in listed(api, song)] == ["refresh", "refresh", "upload"]


def test_other_parameters_are_named(api, song, monkeypatch):
    monkeypatch.setattr(quick.Mood, "window_seconds", 5.0)
    quick.heard([song])
    (change,) = listed(api, song)[0]["changes"]
    assert (change["changed"], change["label_changed"]) == (["parameters"], False)
    assert "window seconds: 5.0" in change["sentence"]


def test_pages_follow_each_other_without_a_gap(api, song, next_version):
    made = [next_version(song, str(n), "jazz") for n in range(2, 6)]
    url, seen = f"/api/files/{song.pk}/references?limit=2", []
    while url:
        page = api.get(url).json()
        seen += page["results"]
        url = page["next"]
    assert [row["id"] for row in seen[:4]] == [str(one.pk) for one in reversed(made)]
    assert [len(row["changes"]) for row in seen] == [1, 1, 1, 1, 0]


def test_one_is_there_as_a_whole(api, song):
    (row,) = listed(api, song)
    whole = api.get(f"/api/files/{song.pk}/references/{row['id']}").json()
    assert {said["model"] for said in whole["predictions"]} == {"genre-forest", "mood"}
    assert whole["id"] == row["id"] and "confidences" in whole


def test_two_are_compared_window_by_window(api, song, next_version):
    old = Reference.objects.get()
    new = next_version(song, "2", "blues")
    told = api.get(f"/api/files/{song.pk}/references/{old.pk}/compare/{new.pk}").json()
    (change,) = told["changes"]
    assert change["windows"] == [{"start": 0.0, "before": "jazz", "after": "blues"}]
    assert told["before"]["id"] == str(old.pk)
    back = api.get(f"/api/files/{song.pk}/references/{new.pk}/compare/{old.pk}").json()
    assert back["changes"][0]["windows"] == [{"start": 0.0, "before": "blues", "after": "jazz"}]


def test_one_in_the_making_is_no_history_yet(api, song):
    Reference.request(song, cause=Reference.Cause.REFRESH)
    assert len(listed(api, song)) == 1


def test_strangers_see_none_of_it(their_api, song):
    pk = Reference.objects.get().pk
    base = f"/api/files/{song.pk}/references"
    for path in (base, f"{base}/{pk}", f"{base}/{pk}/compare/{pk}"):
        assert their_api.get(path).status_code == 404
    assert their_api.post(f"{base}/{pk}/restore").status_code == 404


# -- going back ----------------------------------------------------------------------------------


def test_going_back_lasts_until_the_models_change(api, song, next_version, monkeypatch):
    old = Reference.objects.get()
    next_version(song, "2", "blues")
    row = api.post(f"/api/files/{song.pk}/references/{old.pk}/restore").json()
    assert (row["current"], row["cause"]) == (True, "restored")
    known = api.get(f"/api/files/{song.pk}").json()
    assert (known["reference"], known["genre"]["label"]) == (str(old.pk), "jazz")
    assert api.get("/api/files").json()["results"][0]["genre"]["label"] == "jazz"
    tick = refresh()
    assert (tick.asked, tick.at_once, tick.unchanged) == (0, 0, 0)
    monkeypatch.setattr(quick.Genre, "version", "3")
    assert refresh().asked == 1


def test_what_is_being_made_does_not_undo_it(api, song, next_version, monkeypatch, work):
    old = Reference.objects.get()
    next_version(song, "2", "blues")
    monkeypatch.setattr(quick.Genre, "version", "3")
    assert refresh().asked == 1
    api.post(f"/api/files/{song.pk}/references/{old.pk}/restore")
    assert work() == 0
    assert refresh().asked == 0
    assert Reference.objects.current().get() == old


def test_tags_go_back_too(api, owner, models):
    models("tests.predictions.ears.Tagger")
    (song,) = quick.tracks(owner, 1)
    quick.heard([song], tags="organ")
    old = Reference.objects.get()
    models(quick.GENRE)
    quick.heard([song])
    assert api.get("/api/files?tag=organ").json()["results"] == []
    history.restore(old)
    assert len(api.get("/api/files?tag=organ").json()["results"]) == 1


def test_restoring_what_is_shown_changes_nothing(api, song):
    reference = Reference.objects.get()
    api.post(f"/api/files/{song.pk}/references/{reference.pk}/restore")
    reference.refresh_from_db()
    assert (reference.cause, reference.restored_at) == ("upload", None)


def test_the_song_page_tells_it_and_leads_back(client, owner, song, next_version):
    client.force_login(owner)
    old = Reference.objects.get()
    next_version(song, "2", "blues")
    page = client.get(f"/songs/{song.pk}/").content.decode()
    assert "it says blues where it said jazz" in page
    assert page.count("Go back to this</button>") == 1
    answer = client.post(f"/songs/{song.pk}/references/{old.pk}/restore/")
    assert answer.url == f"/songs/{song.pk}/"
    assert "You went back to this one." in client.get(answer.url).content.decode()


def test_strangers_cannot_lead_back(client, stranger, song):
    client.force_login(stranger)
    pk = Reference.objects.get().pk
    assert client.post(f"/songs/{song.pk}/references/{pk}/restore/").status_code == 404


# -- what is kept, and what readers see ----------------------------------------------------------


def test_so_many_are_kept_and_always_the_one_shown(api, song, next_version, settings):
    settings.REFERENCES_KEPT = 3
    first = Reference.objects.get()
    next_version(song, "2", "blues")
    history.restore(first)
    for version in ("3", "4"):
        next_version(song, version, "jazz")
    kept = {row["models"][0]["version"] for row in listed(api, song)}
    assert kept == {"4", "3", "1"}, "the first was seen later than the second"


def test_tries_of_earlier_models_are_forgotten(song, next_version):
    Reference.objects.create(track=song, models_key="other", abandoned_at=song.created_at)
    next_version(song, "2", "blues")
    assert not Reference.objects.exclude(abandoned_at=None).exists()


def test_answers_of_earlier_models_go_with_their_last_reference(song, next_version, settings):
    settings.REFERENCES_KEPT = 2
    for version in ("2", "3"):
        next_version(song, version, "jazz")
    PredictionSet.objects.update(created_at=now() - timedelta(days=2))
    forget_unused()
    versions = PredictionModel.objects.filter(sets__isnull=False, name="genre-forest")
    assert sorted(versions.values_list("version", flat=True)) == ["2", "3"]
    assert PredictionSet.objects.filter(model__name="mood").count() == 1


def test_known_answers_of_todays_models_stay_for_the_next_reference(song):
    Reference.objects.all().delete()
    PredictionSet.objects.update(created_at=now() - timedelta(days=2))
    forget_unused()
    assert PredictionSet.objects.count() == 2
    song.delete()
    forget_unused()
    assert not PredictionSet.objects.exists()


@contextmanager
def after_every(nth: int, act):
    """Do something between the queries of a reader."""
    counted = count(1)
    inside = False

    def execute(execute, sql, *rest):
        nonlocal inside
        answer = execute(sql, *rest)
        if not inside and next(counted) % nth == 0:
            inside = True
            act()
            inside = False
        return answer

    with connection.execute_wrapper(execute):
        yield


@pytest.mark.parametrize("nth", [1, 2, 3, 4, 5])
def test_an_answer_is_of_one_generation_however_often_it_is_switched(api, song, next_version, nth):
    first = Reference.objects.get()
    second = next_version(song, "2", "blues")
    labels = {str(first.pk): "jazz", str(second.pk): "blues"}
    generations = [(one, list(one.sets.select_related("model"))) for one in (first, second)]

    def switch() -> None:
        generations.reverse()
        CurrentReference.switch(*generations[0], key="")

    for _ in range(2):
        switch()
        with after_every(nth, switch):
            row = api.get(f"/api/files/{song.pk}").json()
        said = {one["model"]: one["label"] for one in row["predictions"]}
        assert said["genre-forest"] == row["genre"]["label"] == labels[row["reference"]]


def test_no_answer_is_stored_twice(song, next_version):
    next_version(song, "2", "blues")
    next_version(song, "1", "jazz")
    assert Reference.objects.count() == 3
    assert PredictionSet.objects.count() == 3
    assert PredictionModel.objects.filter(name="genre-forest").count() == 2
