"""Unmixing as a service: jobs that are killed, waits foretold, callbacks, the player."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from benchmarks.rows import Row

TITLE = "jobs, times, callbacks and player; the service we grew from loses a job with its worker"
PARTS = (
    "benchmarks.unmix_jobs",
    "benchmarks.unmix_times",
    "benchmarks.unmix_callbacks",
    "benchmarks.unmix_player",
)


def measure(data: Path) -> Iterator[Row]:
    """All parts, one after the other; each can be run by itself too (`unmix-jobs`, …)."""
    for name in PARTS:
        yield from import_module(name).measure(data)
