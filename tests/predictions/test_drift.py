"""Looks at what arrives: when, at what cost, and what an alarm says."""

import json

import numpy as np
import pytest

from apps.predictions import drift, drift_check
from apps.predictions.models import (
    CurrentReference,
    DriftLog,
    DriftLook,
    DriftWatch,
    PredictionSet,
)
from apps.predictions.tasks import check_drift, measure_false_alarms
from tests.predictions.arrivals import Shelf

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf(owner) -> Shelf:
    return Shelf(owner)


@pytest.fixture
def drifted(shelf) -> DriftLog:
    shelf.add(60)
    shelf.add(40, shift=4.0)
    check_drift()
    return DriftLog.objects.get()


def watch() -> DriftWatch:
    return DriftWatch.objects.get()


def test_nothing_has_arrived_yet(db):
    check_drift()
    assert watch().state == "too little data"
    assert "0 artists, and it takes 30" in watch().sentence


def test_too_little_data_is_a_state_and_no_row_a_tick(shelf):
    shelf.add(20)
    check_drift()
    serial = watch().serial
    check_drift()
    assert (watch().state, watch().serial) == ("too little data", serial)
    assert not DriftLook.objects.exists()


def test_without_drift_there_is_a_look_and_no_alarm(shelf):
    shelf.add(100)
    check_drift()
    look = DriftLook.objects.get()
    assert (watch().state, look.alarm) == ("no drift", None)
    assert look.p > look.alpha
    assert (look.window_units, look.reference_units) == (40, 60)
    assert "With 40 artists" in watch().reach


def test_a_tick_without_anything_new_is_free(shelf, django_assert_num_queries):
    shelf.add(100)
    check_drift()
    purse = watch().purse
    row = watch()
    with django_assert_num_queries(2):  # which models, and how many songs by them
        drift_check.look_at(row, drift_check.streams()["songs"])
    assert watch().purse == purse and DriftLook.objects.count() == 1


def test_a_few_new_artists_are_no_reason_to_look_again(shelf):
    shelf.add(100)
    check_drift()
    shelf.add(19)
    check_drift()
    assert DriftLook.objects.count() == 1
    shelf.add(1)
    check_drift()
    assert DriftLook.objects.count() == 2


def test_an_alarm_says_what_changed_how_much_and_in_which_songs(drifted, shelf):
    assert drifted.cause == "input" and drifted.state == "new"
    assert drifted.p <= drifted.alpha and drifted.statistic > 0 and drifted.effect > 0.2
    assert drifted.drivers[0]["name"] == "column 0" and drifted.drivers[0]["difference"] > 1
    assert (drifted.window_units, drifted.reference_units) == (40, 60)
    assert "With 40 artists" in drifted.power
    newest = {str(row.pk) for row in CurrentReference.objects.order_by("-track__created_at")[:80]}
    assert drifted.songs and set(drifted.songs) <= newest
    assert watch().state == "drift"
    json.dumps([drifted.tests, drifted.drivers, drifted.labels])


def test_labels_alone_are_another_cause(shelf):
    shelf.add(60)
    shelf.add(40, genre="jazz")
    check_drift()
    alarm = DriftLog.objects.get()
    assert alarm.cause == "answer" and alarm.labels["genre-forest"]["jazz"] > 0.4


def test_of_one_cause_one_alarm_is_open(drifted, shelf):
    shelf.add(20, shift=4.0)
    check_drift()
    assert DriftLook.objects.count() == 2
    assert DriftLog.objects.get().times == 2


def test_of_two_workers_one_look_counts(shelf):
    shelf.add(60)
    shelf.add(40, shift=4.0)
    late = DriftWatch.of("songs")
    check_drift()
    drift_check.look_at(late, drift_check.streams()["songs"])
    assert DriftLook.objects.count() == DriftLog.objects.count() == 1
    assert watch().purse["looks"] == 1


def test_looks_cost_and_an_empty_purse_waits(shelf):
    shelf.add(100)
    row = DriftWatch.of("songs")
    row.purse["purse"] = 0.002
    row.save()
    check_drift()
    assert not DriftLook.objects.exists()


def test_nothing_is_compared_while_the_models_change(shelf):
    shelf.add(100)
    newest = CurrentReference.objects.order_by("-track__created_at").values("pk")[:150]
    CurrentReference.objects.exclude(pk__in=newest).update(models_key="of before")
    check_drift()
    assert watch().state == "waiting"
    assert "150 of 200 songs" in watch().sentence


def test_figures_that_most_songs_lack_are_left_out(shelf):
    shelf.add(100)
    PredictionSet.objects.update(vector=None)
    check_drift()
    assert set(DriftLook.objects.get().effects) == {
        "genre-forest: labels", "confidence: KS",
    }  # fmt: skip


def test_what_is_excluded_does_not_count(drifted, shelf, owner):
    drift.act(drifted, "exclude", by=owner)
    shelf.add(40)
    check_drift()
    look = DriftLook.objects.last()
    assert look.reference_units + look.window_units == 100, "the sixty of before, and the last"
    assert look.p > look.alpha and DriftLog.objects.count() == 1


def test_what_is_resolved_is_what_the_next_are_compared_with(drifted, shelf, owner):
    drift.act(drifted, "resolve", by=owner)
    shelf.add(40, shift=4.0)
    check_drift()
    look = DriftLook.objects.last()
    assert (look.reference_units, look.window_units) == (40, 40)
    assert look.p > look.alpha and DriftLog.objects.count() == 1


@pytest.mark.parametrize(("unit", "units"), [("artist", 30), ("album", 60), ("batch", 60)])
def test_the_unit_is_a_setting(shelf, settings, unit, units):
    settings.DRIFT_UNIT = unit
    shelf.add(30)
    arrivals = drift_check.streams()["songs"].arrivals()
    assert len(set(arrivals.units)) == units


def test_the_old_number_of_songs_is_a_setting(shelf, settings):
    settings.DRIFT_MINIMUM = 300
    shelf.add(100)
    check_drift()
    assert watch().sentence == "Too little data: 200 of the 300 that are wanted at least."


def test_false_alarms_are_measured_beside_a_naive_rule(shelf, monkeypatch):
    monkeypatch.setattr(drift_check, "TRIALS", 20)
    shelf.add(60, songs=4)
    measure_false_alarms()
    rates = watch().rates
    assert rates["ours"] <= 0.15 < 0.5 < rates["dummy"]
    assert (rates["trials"], rates["window_units"]) == (20, 30)
    before = watch().measured_at
    measure_false_alarms()
    assert watch().measured_at == before, "nothing has arrived since"


def test_what_a_model_judges_by_is_kept(track):
    made = PredictionSet.objects.get(model__name="genre-forest")
    assert made.model.vector_names[0] == "chroma_stft_mean"
    assert len(np.frombuffer(made.vector, "<f4")) == 57


@pytest.fixture
def described(models) -> None:
    models("tests.predictions.ears.Describer")


def test_the_mean_over_the_windows_is_what_is_compared(described, upload, song, work):
    upload(song(seconds=6.0))
    work()
    stream = drift_check.streams()["songs"]
    figures = stream.figures(stream.arrivals().keys)
    assert figures.numbers["features"].values.tolist() == [[6.0, 1.0]]
    assert figures.numbers["features"].names == ("seconds", "one")
    assert figures.labels == {"genre-forest": ["jazz"]}
