"""How much memory processes took at their worst."""

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryFile

import psutil
import pytest

from tests.server import ROOT

MEGABYTE = 1 << 20


def peak_of(process: psutil.Process) -> float:
    """The most that a running process ever had resident, in MB, as Linux remembers it."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        pytest.skip("needs /proc, which tells how much memory a process took at its worst")
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / MEGABYTE


def run_watched(*arguments: str) -> tuple[str, float]:
    """Run Python with these arguments; return what it prints, and its peak in MB."""
    peak = 0.0
    with TemporaryFile("w+") as printed:
        process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdout=printed)
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            peak = max(peak, _still(watched))
            time.sleep(0.05)
        assert process.returncode == 0
        printed.seek(0)
        return printed.read(), peak


def _still(process: psutil.Process) -> float:
    """The peak so far; 0 when the process has just ended."""
    try:
        return peak_of(process)
    except (OSError, StopIteration):  # gone, or a zombie, which has no memory
        return 0.0
