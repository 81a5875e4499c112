"""Who this process is, whether another one still lives, and the thread that says "alive"."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psutil
from django.db import connection

stopping = threading.Event()  # set when this worker was told to stop


@cache
def worker_name() -> str:
    """host:pid:birth; the birth tells a process from a later one with the same number."""
    return f"{socket.gethostname()}:{os.getpid()}:{_birth(os.getpid())}"


def _birth(pid: int) -> str:
    """When a process began, by a clock that nobody sets; raises `psutil.NoSuchProcess`."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return fields[19]  # ticks since the machine started; proc(5) counts it as field 22
    except (OSError, IndexError):
        return f"{psutil.Process(pid).create_time():.0f}"


def is_dead(name: str) -> bool:
    """Is this a process of this host that no longer exists? Of other hosts nothing is known."""
    host, _, process = name.partition(":")
    pid, _, birth = process.partition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        return _birth(int(pid)) != birth
    except psutil.NoSuchProcess:
        return True


def is_orphan() -> bool:
    """Is the supervisor that started this process gone? False for those that had none."""
    supervisor = os.environ.get("AUDIOPHILE_SUPERVISOR", "")
    return supervisor.isdigit() and os.getppid() != int(supervisor)


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
