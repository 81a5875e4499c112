"""The beat: django-celery-beat's scheduler, which also says that it is alive."""

import os
import signal

from django_celery_beat.schedulers import DatabaseScheduler

from apps.jobs.models import Process
from apps.jobs.worker import worker_name


class Scheduler(DatabaseScheduler):
    """Every tick (at most five seconds apart) is a sign of life."""

    def __init__(self, *args, **kwargs) -> None:
        self.parent = os.getppid()
        super().__init__(*args, **kwargs)

    def tick(self, *args, **kwargs) -> float:
        Process.heard("beat", worker_name())
        if os.getppid() != self.parent:  # the supervisor is gone; do not live on as an orphan
            os.kill(os.getpid(), signal.SIGTERM)
        return super().tick(*args, **kwargs)
