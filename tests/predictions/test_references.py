"""Generations of predictions: published whole, computed once."""

import pytest

from apps.jobs.models import Job
from apps.predictions.models import PredictionSet, Reference
from apps.predictions.tasks import refresh_predictions
from tests.predictions.conftest import BEATS, KEY

pytestmark = pytest.mark.django_db


def test_a_song_gets_one_reference_with_every_model(track, api):
    reference = Reference.objects.current().get()
    assert {made.model.name for made in reference.sets.all()} == {"genre-forest", "tempo", "key"}
    assert api.get(f"/api/files/{track.pk}").json()["reference"] == str(reference.pk)


def test_the_same_bytes_are_listened_to_once(track, upload, song, their_api, work):
    before = PredictionSet.objects.count()
    upload(song(), client=their_api)
    work()
    assert PredictionSet.objects.count() == before
    assert Reference.objects.current().count() == 2


def test_readers_see_the_old_generation_until_the_new_one_is_whole(track, api, work, models):
    old = Reference.objects.current().get()
    models(BEATS, KEY)
    Reference.request(track, cause=Reference.Cause.REFRESH)
    assert api.get(f"/api/files/{track.pk}").json()["reference"] == str(old.pk)
    work()
    assert api.get(f"/api/files/{track.pk}").json()["reference"] != str(old.pk)


def test_one_generation_at_a_time(track):
    assert Reference.request(track, cause=Reference.Cause.REFRESH)
    assert Reference.request(track, cause=Reference.Cause.REFRESH) is None
    assert Job.objects.active().count() == 1


def test_what_was_missed_is_repaired(track, work):
    Reference.objects.all().delete()
    refresh_predictions()
    work()
    assert Reference.objects.current().filter(track=track).exists()


def test_confidences_are_those_that_pass_the_threshold(track, api, settings):
    known = api.get(f"/api/files/{track.pk}").json()["confidences"]
    assert all({"utterance", "time", "confidence", "model"} == set(row) for row in known)
    assert all(row["confidence"] >= 0.9 for row in known)


def test_a_cancelled_generation_makes_room_for_another(track, api, work):
    first = Reference.request(track, cause=Reference.Cause.REFRESH)
    api.post(f"/api/jobs/{first.job_id}/cancel")
    assert Reference.request(track, cause=Reference.Cause.REFRESH)
    work()
    assert Reference.objects.in_the_making().count() == 0
