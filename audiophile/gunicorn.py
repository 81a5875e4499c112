"""How the web server runs: one process, many threads, so that slow readers starve nobody."""

import os
import signal
import socket
import struct
import threading
import time

from apps.jobs.worker import is_orphan

worker_class = "gthread"
workers = 1
# A download or an upload holds a thread until it is over, however slow the line. Threads are
# started when they are needed; one that waits costs some 100 kB.
threads = 256
timeout = 120
graceful_timeout = 3
control_socket_disable = True

STALLED = 120  # seconds in which a client takes or sends nothing at all


def when_ready(server) -> None:
    """Do not outlive the supervisor, and do not wait for ever for clients that are gone."""
    threading.Thread(target=_stop_when_orphaned, daemon=True).start()
    for listener in server.LISTENERS:
        give_up_stalled(listener.sock, STALLED)


def give_up_stalled(listener: socket.socket, seconds: int) -> None:
    """Accepted connections inherit these limits; they end the call that waits, not a slow one."""
    limit = struct.pack("@ll", seconds, 0)
    for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
        listener.setsockopt(socket.SOL_SOCKET, option, limit)


def _stop_when_orphaned() -> None:
    while not is_orphan():
        time.sleep(2)
    os.kill(os.getpid(), signal.SIGTERM)
