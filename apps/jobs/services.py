"""What a person can ask about long work, and what other apps ask of it."""

import logging
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils.timezone import now
from kombu.exceptions import OperationalError

from apps.jobs import tasks
from apps.jobs.models import Job
from apps.jobs.standing import due_at

logger = logging.getLogger(__name__)


def enqueue(
    *,
    kind: str,
    owner,
    label: str,
    page: str = "",
    priority: int = 0,
    expected_seconds: float | None = None,
) -> Job:
    """Queue a piece of work; a worker is told once the surrounding transaction stands.

    Who knows how long it will take says so: it is told to people, and short work goes first.
    """
    queue = settings.JOB_KINDS[kind]["queue"]
    if expected_seconds is None and settings.JOB_KINDS[kind].get("alike"):
        expected_seconds = Job.objects.typical_seconds(kind)
    job = Job.objects.create(
        kind=kind,
        owner=owner,
        queue=queue,
        label=label[:200],
        page=page,
        priority=priority,
        expected_seconds=expected_seconds,
        due_at=due_at(now(), expected_seconds),
        attempts_allowed=settings.JOB_ATTEMPTS,
    )
    wake(queue)
    return job


def wake(queue: str) -> None:
    """Tell the queue's workers to look, once the rows stand."""
    transaction.on_commit(partial(_say_look, queue))


def _say_look(queue: str) -> None:
    """The row is the truth: should the broker be away or lose it, the sweep says it again."""
    try:
        tasks.look.apply_async(args=[queue], queue=queue)
    except (OperationalError, OSError) as error:
        logger.warning("The broker does not answer: %s", error)


@transaction.atomic
def cancel_job(job: Job) -> Job:
    """Stop it; what runs notices within one unit of work."""
    job.cancel()
    return job


@transaction.atomic
def retry_job(job: Job) -> Job:
    """Queue it again."""
    if job.retry():
        wake(job.queue)
    return job
