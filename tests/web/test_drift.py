"""The page of drift: how it stands, what was noticed, and what can be done about it."""

import pytest
from django.urls import reverse

from apps.predictions import drift_check
from apps.predictions.models import DriftLog, DriftWatch
from apps.predictions.tasks import check_drift
from tests.predictions.arrivals import Shelf

pytestmark = pytest.mark.django_db
PAGE = "/drift/"


@pytest.fixture
def alarm(owner) -> DriftLog:
    shelf = Shelf(owner)
    shelf.add(60)
    shelf.add(40, shift=4.0)
    check_drift()
    return DriftLog.objects.get()


def test_before_anything_it_teaches(mine):
    page = mine.get(PAGE).content.decode()
    assert "It takes 30 artists to begin" in page
    assert "Nothing has been looked at yet." in page
    assert "Not measured yet" in page


def test_too_little_data_is_said_with_how_much(mine, owner):
    Shelf(owner).add(12)
    check_drift()
    page = mine.get(PAGE).content.decode()
    assert "Too little data: 12 artists, and it takes 30" in page


def test_an_alarm_shows_its_songs_its_figures_and_its_power(mine, alarm):
    page = mine.get(PAGE).content.decode()
    assert "1 alarm is open" in page and "What arrives is different" in page
    assert "<code>column 0</code>" in page
    assert page.count("<play-button") == len(alarm.songs)
    assert f'src="/api/files/{alarm.songs[0]}/audio' in page
    assert alarm.power in page.replace("&#x27;", "'")
    assert page.count("<polyline") >= 3


def test_songs_of_others_are_named_and_not_played(client, stranger, alarm):
    stranger.role = "staff"
    stranger.save()
    client.force_login(stranger)
    page = client.get(PAGE).content.decode()
    assert "<play-button" not in page and "somebody else’s" in page


def test_buttons_do_what_they_say(mine, alarm):
    for action, said in (
        ("acknowledge", "You know of it"), ("exclude", "no longer counts"),
        ("reopen", "open again"), ("resolve", "new normal"), ("exclude", "reopen it first"),
    ):  # fmt: skip
        answer = mine.post(reverse("drift:act", args=[alarm.pk, action]), follow=True)
        assert said in answer.content.decode()
    assert mine.post(f"/drift/{alarm.pk}/forget/").status_code == 404
    assert "Alarms that are over" in mine.get(PAGE).content.decode()


def test_members_are_told_that_it_is_not_theirs(client, stranger, alarm):
    client.force_login(stranger)
    assert client.get(PAGE).status_code == 403
    assert client.post(reverse("drift:measure")).status_code == 403
    assert client.post(reverse("drift:act", args=[alarm.pk, "resolve"])).status_code == 403
    assert 'href="/drift/"' not in client.get("/models/").content.decode()


def test_the_own_false_alarms_stand_beside_the_naive_ones(mine, alarm):
    rates = {"trials": 200, "window_units": 40, "ours": 0.035, "dummy": 0.92, "alpha": 0.05}
    DriftWatch.objects.update(rates=rates)
    page = mine.get(PAGE).content.decode()
    assert page.index("data-ours>4 %") < page.index("data-dummy>92 %")


def test_measuring_is_a_job(mine, alarm, work, monkeypatch):
    monkeypatch.setattr(drift_check, "TRIALS", 20)
    assert mine.post(reverse("drift:measure")).status_code == 302
    work()
    assert "20 times" in mine.get(PAGE).content.decode()
