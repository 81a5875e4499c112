"""Telling that the disk or the memory is full, from the many ways of saying so; what is free."""

import errno
from pathlib import Path

import psutil
from django.db import OperationalError

CGROUP = Path("/sys/fs/cgroup")  # of the container, version 2
ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def is_no_room(error: BaseException) -> bool:
    """Does this error mean that there is no room left on the disk?"""
    if isinstance(error, OperationalError):
        return "full" in str(error)  # SQLite: database or disk is full; PostgreSQL: disk full
    return isinstance(error, OSError) and error.errno in ERRNOS


def is_no_memory(error: BaseException) -> bool:
    """Does this error mean that there is not enough memory?"""
    if isinstance(error, RuntimeError):  # as torch says it, for processors and for graphics cards
        said = str(error)
        return "can't allocate memory" in said or "out of memory" in said
    return isinstance(error, MemoryError) or (
        isinstance(error, OSError) and error.errno == errno.ENOMEM
    )


def free_memory() -> int:
    """Bytes this process may have, with those it has: by the machine and by its container."""
    own = psutil.Process().memory_info().rss
    free = int(psutil.virtual_memory().available)
    limit, used = (_number(CGROUP / name) for name in ("memory.max", "memory.current"))
    if limit is not None and used is not None:
        free = min(free, limit - used + _reclaimable())
    return max(free, 0) + own


def _number(path: Path) -> int | None:
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None  # "max": no limit


def _reclaimable() -> int:
    """What the container holds of files only, to be given up when it is needed."""
    try:
        lines = (CGROUP / "memory.stat").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("inactive_file "))
