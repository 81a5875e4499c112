"""Runs one claimed job to its end, whatever happens, and says whose fault a failure was."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError

from apps.jobs.interruptions import Cancelled, Interrupted, Refused
from apps.jobs.models import Job
from apps.jobs.room import is_no_memory, is_no_room
from apps.jobs.worker import every
from audio.errors import AudioError

logger = logging.getLogger(__name__)

SORRY = (
    "Something went wrong on our side. Nothing of yours is lost; try again, "
    "and if it happens again, tell whoever runs this server."
)
FULL = "There is no room left on the server's disk. Free some space, then try again."
MEMORY = "This needs more memory than the server has. A shorter song may work."


def run(job: Job, pipeline: Callable[[Job], None]) -> None:
    """Do the job. Errors that nobody expected are ours: they are logged, and raised again."""
    try:
        with every(settings.JOB_HEARTBEAT, lambda: _beat(job)):
            pipeline(job)
    except Cancelled:
        job.abandon()
    except Interrupted:
        job.give_back()
    except (AudioError, Refused) as error:
        job.fail(error.code, str(error))
    except Exception as error:  # noqa: BLE001 - the one place that catches all, and re-raises
        _blame_ourselves(job, error)
    else:
        job.finish()


def _beat(job: Job) -> None:
    """Keep the lease; a database that is busy for a moment is no reason to stop."""
    try:
        job.confirm()
    except (Cancelled, DatabaseError) as error:
        logger.debug("job %s: %r", job.pk, error)


def _blame_ourselves(job: Job, error: Exception) -> None:
    if is_no_room(error):
        job.fail("no_space", FULL)
        return
    if is_no_memory(error):
        job.fail("no_memory", MEMORY)
        return
    logger.exception("job %s (%s) failed", job.pk, job.kind)
    job.fail("ours", SORRY)
    raise error
