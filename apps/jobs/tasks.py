"""The queue's door: one line of work per task."""

from celery import shared_task
from django.conf import settings
from django.utils.module_loading import import_string

from apps.jobs import recovery, runner
from apps.jobs.models import Job
from apps.jobs.worker import stopping, worker_name


@shared_task
def look(queue: str) -> None:
    """Do the best waiting job of this queue, then look again if more are waiting."""
    if job := Job.claim_next(queue, worker=worker_name()):
        try:
            runner.run(job, import_string(settings.JOB_KINDS[job.kind]["pipeline"]))
        finally:
            if not stopping.is_set() and Job.objects.waiting(queue).exists():
                look.apply_async(args=[queue], queue=queue)


@shared_task
def sweep() -> None:
    """Free what lost its worker, and wake queues whose message was lost."""
    recovery.free_lost_jobs()
    for queue in recovery.queues_with_work():
        look.apply_async(args=[queue], queue=queue)
