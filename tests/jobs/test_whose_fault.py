"""How a job ends when its pipeline raises: the sentence depends on whose fault it was."""

import errno

import pytest

from apps.jobs import runner, services
from apps.jobs.models import Cancelled, Interrupted, Job
from audio.errors import Silent

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(owner):
    """Runs a job whose pipeline raises this."""

    def run(error: Exception) -> Job:
        services.enqueue(kind="separate", owner=owner, label="Unmix “Song”")
        job = Job.claim_next("heavy", "test:1:1")

        def pipeline(job: Job) -> None:
            raise error

        try:
            runner.run(job, pipeline)
        finally:
            job.refresh_from_db()
        return job

    return run


def test_the_recordings_fault_is_told_in_its_words(run):
    job = run(Silent("There is nothing to hear in it."))
    assert (job.state, job.error_code) == (Job.State.FAILED, "silent")
    assert job.error == "There is nothing to hear in it."


def test_a_full_disk_is_named(run):
    job = run(OSError(errno.ENOSPC, "No space left on device"))
    assert (job.state, job.error_code) == (Job.State.FAILED, "no_space")


def test_too_little_memory_is_named(run):
    assert run(MemoryError()).error_code == "no_memory"


def test_ours_is_an_apology_for_the_owner_and_a_traceback_for_us(run, caplog):
    with pytest.raises(ZeroDivisionError):
        run(ZeroDivisionError("a bug"))
    job = Job.objects.get()
    assert (job.state, job.error_code) == (Job.State.FAILED, "ours")
    assert "a bug" not in job.error
    assert "a bug" in caplog.text


def test_a_job_whose_song_is_gone_ends_as_cancelled(run):
    assert run(Cancelled()).state == Job.State.CANCELLED


def test_a_stopped_worker_gives_the_job_back(run):
    assert run(Interrupted()).state == Job.State.QUEUED
