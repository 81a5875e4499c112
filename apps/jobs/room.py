"""Telling that the disk is full, from the many ways of saying so."""

import errno

from django.db import OperationalError

ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def is_no_room(error: BaseException) -> bool:
    """Does this error mean that there is no room left on the disk?"""
    if isinstance(error, OperationalError):
        return "full" in str(error)  # SQLite: database or disk is full; PostgreSQL: disk full
    return isinstance(error, OSError) and error.errno in ERRNOS
