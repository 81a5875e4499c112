"""Who this process is, whether another one still lives, and the thread that says "alive"."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import psutil
from django.db import connection

stopping = threading.Event()  # set when this worker was told to stop


@cache
def worker_name() -> str:
    """host:pid:birth; the birth tells a process from a later one with the same number."""
    return f"{socket.gethostname()}:{os.getpid()}:{psutil.Process().create_time():.0f}"


def is_dead(name: str) -> bool:
    """Is this a process of this host that no longer exists? Of other hosts nothing is known."""
    host, _, process = name.partition(":")
    pid, _, birth = process.partition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        return f"{psutil.Process(int(pid)).create_time():.0f}" != birth
    except psutil.NoSuchProcess:
        return True


@contextmanager
def every(seconds: float, act: Callable[[], None]) -> Iterator[None]:
    """Do something now and again, in a thread with its own database connection."""
    over = threading.Event()

    def repeat() -> None:
        try:
            while not over.wait(seconds):
                act()
        finally:
            connection.close()

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=seconds)
