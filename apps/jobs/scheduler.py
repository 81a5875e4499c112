"""The beat: django-celery-beat's scheduler, which also says that it is alive."""

import logging
import os
import signal

from django.db import DatabaseError, connection
from django_celery_beat.schedulers import DatabaseScheduler

from apps.jobs.models import Process
from apps.jobs.worker import is_orphan, worker_name

logger = logging.getLogger(__name__)
RETRY = 5.0  # seconds


class Scheduler(DatabaseScheduler):
    """Every tick (at most five seconds apart) is a sign of life."""

    def tick(self, *args, **kwargs) -> float:
        if is_orphan():
            os.kill(os.getpid(), signal.SIGTERM)
        try:
            Process.heard("beat", worker_name())
            return super().tick(*args, **kwargs)
        except DatabaseError as error:  # it may be back at the next tick
            logger.warning("The database does not answer: %s", error)
            connection.close()
            return RETRY
