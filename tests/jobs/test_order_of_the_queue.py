"""Whose turn it is, when it comes, and what becomes of those who lose their workers."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from apps.jobs import models, recovery, runner, services
from apps.jobs.interruptions import MadeRoom
from apps.jobs.models import Job
from apps.jobs.standing import MOST_HANDICAP, Standing, due_at, standings
from apps.jobs.worker import worker_name

pytestmark = pytest.mark.django_db
DEAD = f"{worker_name().partition(':')[0]}:999999:1"
HOUR = 3600.0


@pytest.fixture
def ask(owner):
    """Queues something that takes so many seconds, as if asked for so long ago."""

    def ask(seconds: float | None, *, ago: float = 0.0, kind: str = "separate") -> Job:
        job = services.enqueue(kind=kind, owner=owner, label="Unmix", expected_seconds=seconds)
        moment = now() - timedelta(seconds=ago)
        job.created_at, job.due_at = moment, due_at(moment, seconds)
        job.save()
        return job

    return ask


def claim(worker: str = "elsewhere:1:1") -> Job:
    job = Job.claim_next("heavy", worker)
    assert job is not None
    return job


def order() -> list:
    return list(Job.objects.waiting("heavy").in_order().values_list("pk", flat=True))


def test_a_song_passes_a_long_mix_that_was_there_before(ask):
    mix, song = ask(HOUR, ago=60), ask(120)
    assert order() == [song.pk, mix.pk]


def test_a_long_mix_waits_for_no_more_songs_than_come_while_it_could_be_done(ask):
    mix, song = ask(HOUR, ago=HOUR + 60), ask(30)
    assert order() == [mix.pk, song.pk]


def test_nobody_waits_for_ever(ask):
    endless, song = ask(1e9, ago=MOST_HANDICAP + 60), ask(30)
    assert order() == [endless.pk, song.pk]


def test_songs_of_usual_length_go_in_the_order_they_came(ask):
    jobs = [ask(seconds, ago=ago) for seconds, ago in [(110, 30), (103, 20), (5, 1)]]
    assert order() == [job.pk for job in jobs]


def test_each_knows_when_it_will_be_done(ask):
    running = ask(100)
    claim()
    first, second, unknown, last = ask(10, ago=40), ask(20, ago=30), ask(None), ask(5)
    Job.objects.filter(pk=last.pk).update(due_at=now() + timedelta(minutes=1))
    running.refresh_from_db()
    rows = {job.pk: job for job in Job.with_places(Job.objects.all())}
    assert [rows[job.pk].place for job in (running, first, second, unknown, last)] == [
        None, 1, 2, 3, 4
    ]  # fmt: skip
    assert rows[first.pk].seconds_left == pytest.approx(110, abs=2)
    assert rows[second.pk].seconds_left == pytest.approx(130, abs=2)
    assert rows[unknown.pk].seconds_left is None
    assert rows[last.pk].seconds_left is None, "it waits for something of unknown length"


def test_two_workers_share_the_queue():
    found = standings([("a", 10.0), ("b", 10.0), ("c", 1.0)], [5.0, 8.0])
    assert [found[key].wait for key in "abc"] == [5.0, 8.0, 15.0]
    assert standings([("a", 10.0)], []) == {"a": Standing(1, 0.0)}
    assert standings([("a", 10.0)], [None])["a"].wait is None


def test_what_would_be_asked_now_knows_its_wait(ask):
    ask(30, ago=1)
    ask(HOUR, ago=1)
    short, long = Job.objects.waits("heavy", [60.0, 2 * HOUR])
    assert short == pytest.approx(30), "the mix lets it pass"
    assert long == pytest.approx(30 + HOUR)


def test_what_was_taken_this_very_moment_waits_no_longer(ask):
    job = ask(30)
    claim()
    assert (job.state, job.place, job.seconds_left) == ("queued", None, 30)


def test_work_of_a_kind_that_is_alike_is_foreseen_by_the_last(ask, owner):
    for took in (10, 20, 1000):
        job = ask(None, kind="remix")
        start = now() - timedelta(hours=1)
        end = start + timedelta(seconds=took)
        Job.objects.filter(pk=job.pk).update(state="done", started_at=start, ended_at=end)
    assert services.enqueue(kind="remix", owner=owner, label="x").expected_seconds == 20
    assert services.enqueue(kind="probe", owner=owner, label="x").expected_seconds is None


# -- making room ---------------------------------------------------------------------------------


@pytest.fixture
def mix(ask):
    """A long mix that is running for a while, a third of it done."""
    ask(HOUR, ago=60)
    job = claim()
    job.report(0.3)
    job.started_at -= timedelta(seconds=models.STAY)
    return job


def test_a_long_mix_makes_room_for_a_song_and_goes_on_after_it(mix, ask):
    song = ask(60)
    mix._looked = 0.0
    with pytest.raises(MadeRoom):
        mix.report(0.35)
    assert mix.give_back()
    assert claim().pk == song.pk
    Job.objects.get(pk=song.pk).finish()
    again = claim()
    assert again.pk == mix.pk
    assert again.progress == 0.35
    assert again.seconds_left == pytest.approx(0.65 * HOUR, rel=0.02)


def test_the_worker_gives_a_job_back_that_makes_room(mix):
    def pipeline(job: Job) -> None:
        raise MadeRoom

    allowed = mix.attempts_allowed - mix.attempt
    runner.run(mix, pipeline)
    mix.refresh_from_db()
    assert (mix.state, mix.attempts_allowed - mix.attempt) == ("queued", allowed + 1)


@pytest.mark.parametrize("seconds", [HOUR / 2, None])
def test_no_room_is_made_for_what_is_long_itself(mix, ask, seconds):
    ask(seconds)
    mix._looked = 0.0
    mix.report(0.35)


def test_no_room_is_made_for_a_song_that_came_too_late(mix, ask):
    Job.objects.filter(pk=mix.pk).update(due_at=now() - timedelta(hours=2))
    mix.refresh_from_db()
    ask(60)
    mix.report(0.35)


def test_who_has_just_begun_works_for_a_while_first(mix, ask):
    ask(60)
    mix.started_at = now()
    mix._looked = 0.0
    mix.report(0.35)


def test_what_is_nearly_done_is_finished_first(mix, ask):
    ask(1)
    mix.progress = 0.99
    mix._looked = 0.0
    mix.report(0.999)
    assert mix.seconds_left < models.WORTH_IT


# -- losing workers ------------------------------------------------------------------------------


def lose(progress: float) -> Job:
    job = claim(DEAD)
    if progress:
        job.report(progress)
    recovery.free_lost_jobs()
    job.refresh_from_db()
    return job


def test_a_job_that_gets_on_survives_any_number_of_deaths(ask):
    ask(60)
    for step in range(1, 9):
        assert lose(step / 10).state == Job.State.QUEUED
    job = claim()
    assert (job.progress, job.attempt) == (0.8, 9)


def test_a_job_that_dies_again_and_again_at_the_same_place_is_given_up(ask):
    ask(60)
    states = [lose(0.4).state for _ in range(4)]
    assert states == ["queued", "queued", "queued", "failed"], "it got on once, then never"
    assert Job.objects.get().error_code == "lost"
