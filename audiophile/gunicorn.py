"""How the web server runs: one process, many threads, so that slow readers starve nobody."""

import os
import signal
import threading
import time

worker_class = "gthread"
workers = 1
threads = 32
timeout = 120
graceful_timeout = 3
control_socket_disable = True


def when_ready(server) -> None:
    """Do not outlive the supervisor: when it is gone, stop."""
    threading.Thread(target=_stop_without, args=[os.getppid()], daemon=True).start()


def _stop_without(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(2)
    os.kill(os.getpid(), signal.SIGTERM)
