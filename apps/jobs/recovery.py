"""What to do about jobs whose worker is gone."""

from django.conf import settings

from apps.jobs.models import Job
from apps.jobs.worker import is_dead

LOST = (
    "The worker doing this stopped {times} times and got no further, most likely because the "
    "server has too little memory. A shorter song or a faster engine may work."
)


def free_lost_jobs() -> None:
    """Queue again what lost its worker; fail what used up its attempts.

    A process of this host that no longer exists is gone at once; of a silent one elsewhere
    nothing is known until its lease is over.
    """
    running = Job.objects.filter(state=Job.State.RUNNING)
    silent = set(running.silent().values_list("pk", flat=True))
    for job in running:
        if job.pk in silent or is_dead(job.worker):
            _free(job)


def _free(job: Job) -> None:
    if job.used_up:
        job.fail("lost", LOST.format(times=settings.JOB_ATTEMPTS))
    else:
        job.requeue()


def queues_with_work() -> list[str]:
    """Queues in which something waits."""
    waiting = Job.objects.filter(state=Job.State.QUEUED).order_by()
    return list(waiting.values_list("queue", flat=True).distinct())
