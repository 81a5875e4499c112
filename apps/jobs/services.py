"""What a person can ask about long work, and what other apps ask of it."""

from django.conf import settings
from django.db import transaction

from apps.jobs import tasks
from apps.jobs.models import Job


def enqueue(*, kind: str, owner, label: str, page: str = "", priority: int = 0) -> Job:
    """Queue a piece of work; a worker is told once the surrounding transaction stands."""
    queue = settings.JOB_KINDS[kind]["queue"]
    job = Job.objects.create(
        kind=kind,
        owner=owner,
        queue=queue,
        label=label[:200],
        page=page,
        priority=priority,
        attempts_allowed=settings.JOB_ATTEMPTS,
    )
    wake(queue)
    return job


def wake(queue: str) -> None:
    """Tell the queue's workers to look. Should the broker lose it, the sweep says it again."""
    tasks.look.apply_async_on_commit(args=[queue], queue=queue)


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
