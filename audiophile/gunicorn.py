"""How the web server runs: one process, many threads, so that slow readers starve nobody."""

import os
import signal
import threading
import time

from apps.jobs.worker import is_orphan

worker_class = "gthread"
workers = 1
threads = 32
timeout = 120
graceful_timeout = 3
control_socket_disable = True


def when_ready(server) -> None:
    """Do not outlive the supervisor: when it is gone, stop."""
    threading.Thread(target=_stop_when_orphaned, daemon=True).start()


def _stop_when_orphaned() -> None:
    while not is_orphan():
        time.sleep(2)
    os.kill(os.getpid(), signal.SIGTERM)
