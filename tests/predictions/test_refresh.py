"""The look every two minutes: what is up to date costs nothing, the rest is brought up to date."""

from datetime import timedelta
from unittest.mock import ANY

import pytest
from django.conf import settings as product
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from apps.files.models import Track
from apps.jobs.models import Job
from apps.predictions.models import (
    ControlLabel,
    CurrentReference,
    PredictionSet,
    Reference,
    Tick,
)
from apps.predictions.pipeline import predict
from apps.predictions.refresh import next_ones, refresh
from apps.predictions.tasks import forget_unused, refresh_predictions
from tests.fragile import die_at_every_step
from tests.predictions import quick
from tests.predictions.several import Workers

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def two(three, models) -> None:
    quick.Quick.asked.clear()
    models(quick.GENRE, quick.MOOD)


@pytest.fixture
def version(monkeypatch):
    """Lets the genre model be of this version."""
    return lambda name: monkeypatch.setattr(quick.Genre, "version", name)


def shown(track: Track) -> dict[str, str]:
    """By model, the version readers see."""
    rows = PredictionSet.objects.filter(references__current_of__track=track)
    return {made.model.name: made.model.version for made in rows.select_related("model")}


# -- what is up to date --------------------------------------------------------------------------


def test_what_is_up_to_date_costs_one_tick_row(owner):
    quick.heard(quick.tracks(owner, 30))
    before = Reference.objects.count(), PredictionSet.objects.count()
    tick = refresh()
    assert (tick.asked, tick.at_once, tick.unchanged) == (0, 0, 0)
    assert (Reference.objects.count(), PredictionSet.objects.count()) == before
    assert (Tick.objects.count(), Job.objects.count()) == (1, 0)
    assert not quick.Quick.asked


def test_a_tick_asks_the_database_the_same_of_few_and_of_many(owner):
    counts = []
    for first in (0, 50):
        quick.heard(quick.tracks(owner, 50, first=first))
        with CaptureQueriesContext(connection) as queries:
            refresh()
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_without_models_nothing_is_touched(owner, models):
    quick.heard(quick.tracks(owner, 1))
    models("tests.predictions.ears.Absent")
    assert refresh() is None
    assert CurrentReference.objects.get().genre == "jazz"


# -- what is not ---------------------------------------------------------------------------------


def test_a_new_version_costs_that_model_alone(track, version, work):
    old = Reference.objects.current().get()
    quick.Quick.asked.clear()
    version("2")
    refresh()
    assert shown(track)["genre-forest"] == "1"
    assert work() == 1
    new = Reference.objects.current().get()
    assert shown(track) == {"genre-forest": "2", "mood": "1"}
    assert (new.cause, new == old) == ("refresh", False)
    assert quick.Quick.asked == {"genre-forest": ANY}
    assert PredictionSet.objects.count() == 3
    assert refresh().asked == 0


def test_a_song_of_which_nothing_else_is_said_keeps_its_reference(track, models, work):
    old = Reference.objects.current().get()
    models(quick.GENRE, quick.MOOD, "tests.predictions.ears.Absent")
    assert refresh().asked == 0
    Reference.request(track, cause=Reference.Cause.REFRESH)
    work()
    assert Reference.objects.get() == old


def test_a_model_that_is_missing_for_a_while_changes_nothing(track, monkeypatch):
    old = Reference.objects.current().get()
    monkeypatch.setattr(quick.Mood, "missing", "Its weights are gone.")
    tick = refresh()
    assert (tick.unchanged, tick.asked, tick.at_once) == (1, 0, 0)
    assert Reference.objects.get() == old
    assert refresh().unchanged == 0


def test_answers_that_are_known_are_put_together_at_once(track, version, work):
    version("2")
    refresh()
    work()
    version("1")
    jobs = Job.objects.count()
    tick = refresh()
    assert (tick.at_once, tick.asked, Job.objects.count()) == (1, 0, jobs)
    assert shown(track)["genre-forest"] == "1"


def test_a_song_that_was_never_heard_is_heard(upload, song, work):
    upload(song())
    work()
    Reference.objects.all().delete()
    refresh_predictions()
    assert Reference.objects.get().cause == "upload"
    work()
    assert CurrentReference.objects.get().genre == "jazz"


def test_deleted_songs_are_left_alone(owner):
    quick.tracks(owner, 1)
    Track.objects.update(deleted_at=now())
    assert refresh().asked == 0


def test_what_came_to_nothing_is_tried_again_by_other_models_only(owner, version):
    quick.tracks(owner, 1)
    refresh()
    Job.objects.get().cancel()
    assert refresh().asked == 0
    version("2")
    assert refresh().asked == 1


def test_one_that_no_job_will_make_stands_in_nobodys_way(owner):
    song, _ = quick.tracks(owner, 2)
    Reference.objects.create(track=song)
    assert refresh().asked == 2
    Job.objects.update(state=Job.State.FAILED)  # and died before it told
    assert refresh().asked == 0
    assert not Reference.objects.in_the_making().exists()


# -- how much, and which first -------------------------------------------------------------------


def test_never_more_are_in_the_making_than_a_tick_may_ask_for(owner, settings):
    settings.REFRESH_PER_TICK = 5
    quick.tracks(owner, 12)
    assert [refresh().asked for _ in range(2)] == [5, 0]
    Job.objects.all()[0].cancel()
    assert refresh().asked == 1
    assert Reference.objects.in_the_making().count() == 5


def test_songs_that_are_heard_again_let_others_go_first(owner, version):
    quick.heard(quick.tracks(owner, 1))
    version("2")
    refresh()
    assert Job.objects.get().priority < 0


def test_known_songs_go_first_then_viewed_and_new_in_turn(owner):
    songs = quick.tracks(owner, 8)
    for age, song in enumerate(songs):
        Track.objects.filter(pk=song.pk).update(
            created_at=now() - timedelta(days=age), views=age if age in (5, 6) else 0
        )
    ControlLabel.objects.create(track=songs[7], label="jazz")
    order = [song.title for song in next_ones("today", 5)]
    assert order == ["Song 7", "Song 6", "Song 0", "Song 5", "Song 1"]


def test_looking_and_playing_count_once_in_ten_minutes(track, client, owner, api):
    client.force_login(owner)
    client.get(f"/songs/{track.pk}/")
    for _ in range(3):
        api.get(f"/api/files/{track.pk}/audio")
    track.refresh_from_db()
    assert track.views == 1
    Track.objects.update(viewed_at=now() - timedelta(minutes=11))
    api.get(f"/api/files/{track.pk}/audio")
    track.refresh_from_db()
    assert track.views == 2


# -- whatever happens ----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_ticks_at_once_ask_for_each_song_once(owner, tmp_path, settings):
    settings.REFRESH_PER_TICK = 8
    quick.tracks(owner, 12)
    workers = Workers(tmp_path / "rows.sqlite3")
    ticks = workers.at_once(*[refresh] * 4)
    assert sorted(tick.asked for tick in ticks) == [0, 0, 0, 8]
    assert workers.one(lambda: Reference.objects.in_the_making().count()) == 8
    assert workers.one(Job.objects.count) == 8


@pytest.mark.django_db(transaction=True)
def test_one_song_that_two_ask_for_is_in_the_making_once(owner, tmp_path):
    (song,) = quick.tracks(owner, 1)
    workers = Workers(tmp_path / "rows.sqlite3")
    asked = workers.at_once(*[lambda: Reference.request(song, cause="refresh")] * 4)
    assert len([reference for reference in asked if reference]) == 1
    assert workers.one(Job.objects.count) == 1


@pytest.mark.django_db(transaction=True)
def test_a_tick_that_dies_anywhere_leaves_nothing_half_done(owner, version):
    quick.heard(quick.tracks(owner, 2))
    version("2")
    for _ in die_at_every_step(refresh):
        assert Reference.objects.in_the_making().count() in (0, 2)
        assert Job.objects.count() == Reference.objects.in_the_making().count()
        assert CurrentReference.objects.filter(genre="jazz").count() == 2
    assert Reference.objects.in_the_making().count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_anywhere_leaves_one_whole_generation(track, version, work):
    version("2")
    refresh()
    for _ in die_at_every_step(work):
        current = CurrentReference.objects.get()
        assert current.reference.sets.count() == 2
        Job.objects.filter(state=Job.State.RUNNING).update(state=Job.State.QUEUED)
    assert shown(track) == {"genre-forest": "2", "mood": "1"}
    assert Reference.objects.published().count() == Reference.objects.count() == 2
    assert refresh().asked == 0


def test_a_worker_that_dies_after_all_is_said_leaves_it_said(track, version, work):
    version("2")
    refresh()
    predict(Job.claim_next("fast", "test:1:1"))
    new = Reference.objects.current().get()
    Job.objects.filter(state=Job.State.RUNNING).update(state=Job.State.QUEUED)
    assert work() == 1
    assert Reference.objects.current().get() == new
    assert not Job.objects.active().exists()


def test_what_failed_by_our_own_fault_is_tried_again_a_day_later(owner):
    quick.tracks(owner, 1)
    refresh()
    Job.claim_next("fast", "test:1:1").fail("ours", "Something went wrong on our side.")
    assert refresh().asked == 0
    Reference.objects.update(abandoned_at=now() - timedelta(days=1, minutes=1))
    assert refresh().asked == 1


def test_what_ticks_say_is_kept_for_a_while(owner):
    quick.heard(quick.tracks(owner, 1))
    refresh()
    job = {"kind": "refresh", "owner": owner, "queue": "fast", "state": "done"}
    Job.objects.create(**job, ended_at=now())
    forget_unused()
    assert (Tick.objects.count(), Job.objects.count()) == (1, 1)
    old = now() - timedelta(days=product.TICKS_KEPT_DAYS, minutes=1)
    Tick.objects.update(began_at=old)
    Job.objects.update(ended_at=old)
    forget_unused()
    assert (Tick.objects.count(), Job.objects.count()) == (0, 0)
