"""What staff do about alarms, over the API and in the admin; others do nothing."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from apps.jobs.models import Job
from apps.predictions import drift_check
from apps.predictions.models import DriftLog, DriftWatch
from apps.predictions.tasks import check_drift
from tests.predictions.arrivals import Shelf

pytestmark = pytest.mark.django_db
NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def alarm(owner) -> DriftLog:
    shelf = Shelf(owner)
    shelf.add(60)
    shelf.add(40, shift=4.0)
    check_drift()
    return DriftLog.objects.get()


def test_alarms_can_be_read(api, alarm):
    listed = api.get("/api/drift").json()["results"]
    assert [row["id"] for row in listed] == [str(alarm.pk)]
    found = api.get(f"/api/drift/{alarm.pk}").json()
    assert found == listed[0]
    assert found["title"] == "What arrives is different"
    assert found["drivers"][0]["name"] == "column 0"
    assert found["can_become"] == ["acknowledged", "excluded", "resolved"]
    assert api.get("/api/drift?state=resolved").json()["results"] == []
    assert api.get("/api/drift?state=asleep").status_code == 400
    assert api.get(f"/api/drift/{NOWHERE}").status_code == 404


def test_the_state_of_the_watch_can_be_read(api, alarm):
    state, stems = api.get("/api/drift/state").json()
    assert stems["stream"] == "stems"
    assert (state["stream"], state["state"]) == ("songs", "drift")
    assert state["looks"][0]["alarm"] == str(alarm.pk)
    assert "With 40 artists" in state["reach"] and state["false_alarms"] is None
    assert 0.8 < state["allowance"] < 1.0


def test_an_alarm_is_acknowledged_then_resolved_then_reopened(api, alarm, owner):
    for action, state in (
        ("acknowledge", "acknowledged"), ("acknowledge", "acknowledged"), ("resolve", "resolved"),
        ("reopen", "new"), ("exclude", "excluded"),
    ):  # fmt: skip
        answer = api.post(f"/api/drift/{alarm.pk}/{action}")
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    assert answer.json()["changed_by"] == owner.username


def test_what_cannot_be_is_refused_with_a_sentence(api, alarm):
    api.post(f"/api/drift/{alarm.pk}/resolve")
    answer = api.post(f"/api/drift/{alarm.pk}/exclude")
    assert answer.status_code == 400
    assert "reopen it first" in str(answer.json())
    assert api.post(f"/api/drift/{alarm.pk}/forget").status_code == 404


def test_two_open_alarms_of_one_cause_cannot_be(api, alarm):
    api.post(f"/api/drift/{alarm.pk}/resolve")
    fields = {field.attname: getattr(alarm, field.attname) for field in alarm._meta.fields}
    again = DriftLog.objects.create(**{**fields, "id": NOWHERE, "state": "new"})
    answer = api.post(f"/api/drift/{alarm.pk}/reopen")
    assert answer.status_code == 400 and "Another alarm" in str(answer.json())
    with pytest.raises(IntegrityError), transaction.atomic():
        DriftLog.objects.filter(pk=alarm.pk).update(state="new")
    assert again.is_open


def test_dealing_with_an_alarm_renews_the_allowance_and_knowing_of_it_does_not(api, alarm):
    api.post(f"/api/drift/{alarm.pk}/acknowledge")
    assert DriftWatch.objects.get().purse["purse"] < 0.025
    api.post(f"/api/drift/{alarm.pk}/resolve")
    watch = DriftWatch.objects.get()
    assert (watch.purse["purse"], watch.state) == (0.025, "waiting")
    assert "20 new artists" in watch.sentence


@pytest.mark.parametrize("role", ["member", "staff"])
def test_only_staff_see_and_act(their_api, stranger, alarm, role):
    stranger.role = role
    stranger.save()
    allowed = role == "staff"
    for path in ("/api/drift", "/api/drift/state", f"/api/drift/{alarm.pk}"):
        assert their_api.get(path).status_code == (200 if allowed else 403)
    assert their_api.post("/api/drift/measure").status_code == (202 if allowed else 403)
    answer = their_api.post(f"/api/drift/{alarm.pk}/acknowledge")
    assert answer.status_code == (200 if allowed else 403)


def test_measuring_false_alarms_is_one_job(api, alarm, work, monkeypatch):
    monkeypatch.setattr(drift_check, "TRIALS", 20)
    first, second = (api.post("/api/drift/measure").json()["id"] for _ in range(2))
    assert first == second
    work()
    assert Job.objects.get(pk=first).state == "done"
    rates = api.get("/api/drift/state").json()[0]["false_alarms"]
    assert rates["ours"] <= 0.15 and rates["trials"] == 20


def test_the_admin_filters_plots_and_acts(client, owner, alarm):
    client.force_login(owner)
    path = reverse("admin:predictions_driftlog_changelist")
    page = client.get(path, {"state": "new"}).content.decode()
    assert "<polyline" in page and "0.2" in page
    client.post(path, {"action": "resolve", "_selected_action": [str(alarm.pk)]})
    assert DriftLog.objects.get().state == "resolved"
    shown = client.get(reverse("admin:predictions_driftlog_change", args=[alarm.pk]))
    assert "Song 1" in shown.content.decode()
    assert client.get(reverse("admin:predictions_driftwatch_changelist")).status_code == 200
