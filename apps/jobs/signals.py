"""A worker's life: say that it is there, free what a dead one left, notice when told to stop."""

import os
import signal
import threading

from celery import signals
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError

from apps.jobs.models import Process
from apps.jobs.tasks import sweep
from apps.jobs.worker import is_orphan, stopping, worker_name


@signals.worker_ready.connect
def begin(sender, **kwargs) -> None:
    """Take up at once what a worker of this host left behind."""
    name = str(sender.hostname).partition("@")[0]
    threading.Thread(target=_stay_heard, args=[name], daemon=True).start()
    try:
        sweep()
    except (DatabaseError, OperationalError):
        connection.close()  # the sweep of the beat will do it
    for kind in settings.JOB_KINDS.values():
        if kind["queue"] == name:
            import_string(kind["pipeline"])  # the first job does not wait for libraries to load


@signals.worker_shutting_down.connect
def stop(**kwargs) -> None:
    stopping.set()


def _stay_heard(name: str) -> None:
    """Say "alive" now and again; go when the supervisor is gone rather than be an orphan."""
    while not stopping.is_set():
        try:
            Process.heard(name, worker_name())
        except DatabaseError:
            connection.close()  # it may be back at the next beat
        if is_orphan():
            os.kill(os.getpid(), signal.SIGTERM)
        stopping.wait(settings.JOB_HEARTBEAT)
    connection.close()
