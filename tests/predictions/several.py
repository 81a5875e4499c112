"""Several workers on one database in a file, each with a connection of its own."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

from django.db import connection, connections
from django.db.backends.sqlite3.base import DatabaseWrapper

OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL;",
}


class Workers:
    """What they do begins at the same moment; the rows are a copy of the test's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with sqlite3.connect(path) as copy:
            connection.ensure_connection()
            connection.connection.backup(copy)
            copy.execute("PRAGMA journal_mode=WAL")  # who comes first would lock the others out
        copy.close()
        self._settings = {**connection.settings_dict, "NAME": str(path), "OPTIONS": OPTIONS}

    def at_once(self, *acts: Callable[[], Any]) -> list[Any]:
        together = Barrier(len(acts))
        with ThreadPoolExecutor(len(acts)) as threads:
            return list(threads.map(lambda act: self._alone(act, together), acts))

    def one(self, act: Callable[[], Any]) -> Any:
        return self.at_once(act)[0]

    def _alone(self, act: Callable[[], Any], together: Barrier) -> Any:
        connections["default"] = DatabaseWrapper(self._settings, "default")
        try:
            together.wait()
            return act()
        finally:
            connections["default"].close()
            del connections["default"]
