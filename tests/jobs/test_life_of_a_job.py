"""Claiming, reporting and ending: of many who try, one counts."""

import os
from datetime import timedelta

import pytest
from django.utils.timezone import now

from apps.jobs import recovery, services, tasks, worker
from apps.jobs.models import Cancelled, Interrupted, Job
from apps.jobs.worker import worker_name
from audiophile.celery import app as celery_app

pytestmark = pytest.mark.django_db
DEAD = f"{worker_name().partition(':')[0]}:999999:1"


@pytest.fixture
def job(owner) -> Job:
    return services.enqueue(kind="separate", owner=owner, label="Unmix “Song”")


def claim(name: str = "elsewhere:1:1") -> Job:
    claimed = Job.claim_next("heavy", name)
    assert claimed is not None
    return claimed


def test_one_of_two_workers_gets_it(job):
    assert claim().pk == job.pk
    assert Job.claim_next("heavy", "another:2:2") is None


def test_the_higher_priority_comes_first_then_the_older(job, owner):
    urgent = services.enqueue(kind="separate", owner=owner, label="urgent", priority=5)
    later = services.enqueue(kind="separate", owner=owner, label="later")
    assert [later.place, job.place, urgent.place] == [3, 2, 1]
    assert [claim().pk, claim().pk, claim().pk] == [urgent.pk, job.pk, later.pk]


def test_a_cancelled_job_stops_at_its_next_report(job):
    running = claim()
    services.cancel_job(job)
    with pytest.raises(Cancelled):
        running.report(0.5)
    assert not running.finish()
    assert Job.objects.get().state == Job.State.CANCELLED


def test_a_worker_given_up_for_dead_changes_nothing(job):
    lost = claim()
    lost.requeue()
    second = claim("another:2:2")
    for write in (lost.confirm, lambda: lost.report(0.9)):
        with pytest.raises(Cancelled):
            write()
    assert not lost.fail("late", "too late")
    assert second.finish()
    assert Job.objects.get().state == Job.State.DONE


def test_a_dead_process_of_this_host_frees_its_job_at_once(job):
    claim(DEAD)
    recovery.free_lost_jobs()
    assert Job.objects.get().state == Job.State.QUEUED


def test_a_living_process_keeps_its_job(job):
    claim(worker_name())
    recovery.free_lost_jobs()
    assert Job.objects.get().state == Job.State.RUNNING


def test_silence_of_another_host_frees_its_job_after_the_lease(job, settings):
    claim()
    recovery.free_lost_jobs()
    assert Job.objects.get().state == Job.State.RUNNING
    Job.objects.update(beat_at=now() - timedelta(seconds=settings.JOB_LEASE + 1))
    recovery.free_lost_jobs()
    assert Job.objects.get().state == Job.State.QUEUED


def test_a_job_that_kills_its_worker_three_times_fails_with_a_sentence(job):
    for _ in range(3):
        claim(DEAD)
        recovery.free_lost_jobs()
    job.refresh_from_db()
    assert (job.state, job.error_code) == (Job.State.FAILED, "lost")
    assert "3 times" in job.error


def test_a_failed_job_can_be_tried_again_with_fresh_attempts(job):
    for _ in range(3):
        claim(DEAD)
        recovery.free_lost_jobs()
    services.retry_job(Job.objects.get())
    again = claim(DEAD)
    assert (again.error, again.attempt) == ("", 4)
    recovery.free_lost_jobs()
    assert Job.objects.get().state == Job.State.QUEUED


def test_being_stopped_costs_no_attempt(job):
    running = claim()
    allowed = running.attempts_allowed - running.attempt
    worker.stopping.set()
    try:
        with pytest.raises(Interrupted):
            running.report(0.5)
    finally:
        worker.stopping.clear()
    running.give_back()
    again = claim()
    assert again.attempts_allowed - again.attempt == allowed


def test_time_left_follows_the_pace(job):
    running = claim()
    running.report(0.05)
    running.paced_at -= timedelta(seconds=20)
    running.report(0.25)
    assert running.seconds_left == pytest.approx(75, rel=0.05)


def test_the_queue_is_told_once_the_row_stands(owner, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        services.enqueue(kind="separate", owner=owner, label="Unmix")
    assert len(callbacks) == 1


def test_a_broker_that_is_away_keeps_nobody_from_asking(
    owner, monkeypatch, django_capture_on_commit_callbacks
):
    """Nothing listens on port 1; the row stands all the same, and the sweep says it again."""
    monkeypatch.setattr(celery_app.conf, "broker_url", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(celery_app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(celery_app, "_pool", None)
    with django_capture_on_commit_callbacks(execute=True):
        services.enqueue(kind="separate", owner=owner, label="Unmix")
    assert recovery.queues_with_work() == ["heavy"]


def test_a_message_too_many_does_nothing():
    tasks.look("heavy")


def test_names_of_processes_are_told_apart():
    assert not worker.is_dead(worker_name())
    assert worker.is_dead(DEAD)
    assert worker.is_dead(f"{worker_name().rpartition(':')[0]}:1"), (
        "another birth, another process"
    )
    assert not worker.is_dead(f"another-host:{os.getpid()}:1")
    assert not worker.is_dead("nonsense")
