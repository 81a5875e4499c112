"""Starting and stopping: how long until people can sign in, on empty and on used folders."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.rows import Row

TITLE = "seconds on the wall, no peer"
ROOT = Path(__file__).resolve().parent.parent
STARTS = 3  # on a used folder
READY = "Sign in:"


def measure(data: Path) -> Iterator[Row]:
    """Start on an empty folder, then again and again; `data` is not needed."""
    with TemporaryDirectory() as folder:
        runs = [started_and_stopped(Path(folder)) for _ in range(1 + STARTS)]
    (first, _), *later = runs
    yield Row("seconds to “Sign in:”, empty folder", None, first, "s")
    again = median(seconds for seconds, _ in later)
    yield Row(f"… used folder, median of {STARTS}", None, again, "s", "≤ 10 s")
    slowest = max(seconds for _, seconds in runs)
    yield Row("seconds from Ctrl-C to the end, longest", None, slowest, "s")


def started_and_stopped(folder: Path) -> tuple[float, float]:
    """Run everything on a data folder; say how long the start and the stop took."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT, env=_environment(folder), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        _wait_until_ready(process, folder)
        ready = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.wait()
        return ready - began, time.monotonic() - ready
    finally:
        process.kill()


def _wait_until_ready(process: subprocess.Popen[str], folder: Path) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(READY):
            return
    raise RuntimeError(f"It ended before it was ready; {folder / 'log'} says why.")


def _environment(folder: Path) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    return {**os.environ, "AUDIOPHILE_DATA": str(folder), "PORT": port}
