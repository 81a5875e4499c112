"""Storages and a database in which a process can die between any two steps."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from django.db import connection

from apps.files.buckets import Bucket
from apps.files.disk import Disk


class Crash(BaseException):
    """What nobody catches: it stands for the end of the process."""


class Steps:
    """Counts the steps to the outside; the one that is named never returns."""

    def __init__(self) -> None:
        self.fatal = 0
        self.taken = 0

    def take(self) -> None:
        self.taken += 1
        if self.taken == self.fatal:
            raise Crash


steps = Steps()


class Fragile:
    """May die before and after everything it changes."""

    def put(self, *args) -> None:
        steps.take()
        super().put(*args)  # type: ignore[misc]
        steps.take()

    def fetch(self, *args):
        steps.take()
        return super().fetch(*args)  # type: ignore[misc]

    def delete(self, *args) -> None:
        steps.take()
        super().delete(*args)  # type: ignore[misc]
        steps.take()


class FragileDisk(Fragile, Disk):
    pass


class FragileBucket(Fragile, Bucket):
    pass


def _before_writing(execute, sql, *args):
    if not sql.lstrip().upper().startswith(("SELECT", "ROLLBACK", "SAVEPOINT", "PRAGMA")):
        steps.take()
    return execute(sql, *args)


@contextmanager
def _dying_at(number: int) -> Iterator[None]:
    steps.fatal, steps.taken = number, 0
    with connection.execute_wrapper(_before_writing):
        try:
            yield
        finally:
            steps.fatal = 0


def die_at_every_step(act: Callable[[], object]) -> Iterator[int]:
    """Do it again and again, dying one step later each time, until it is done."""
    for number in count(1):
        try:
            with _dying_at(number):
                act()
            return
        except Crash:
            yield number
