"""Hundreds of malformed files: none crashes a worker, hangs it, fills memory or leads it away."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

import pytest

from tests.server import ROOT
from tests.slow.hostile import mutants, write_good
from tests.slow.hostile_built import bombs, lures
from tests.slow.hostile_traps import CalledAddress, OpenedFiles

pytestmark = pytest.mark.slow

HANGS = 30.0  # seconds
FULL = 1024  # MB
STARTS_WITHIN = 60.0  # seconds
EACH = 12  # mutants of one file
REAL = (".wav", ".mp3", ".flac", ".m4a", ".ogg")


class Worker:
    """A process that takes in what lies in a folder; a new one where it has died."""

    def __init__(self, data: Path, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "AUDIOPHILE_DATA": str(data),
            "AUDIOPHILE_MAX_MINUTES": "10",
            "DJANGO_SETTINGS_MODULE": "audiophile.settings",
            "LOG_LEVEL": "ERROR",
        }
        self._run("manage.py", "migrate", "-v", "0").wait()

    def lines(self) -> list[dict]:
        """What became of each file; a crash or a hang is an outcome as well."""
        lines: list[dict] = []
        while left := sorted(self.folder.iterdir()):
            process = self._run("-m", "tests.slow.hostile_worker", str(self.folder))
            lines += _read(process)
            if left == sorted(self.folder.iterdir()):
                raise AssertionError(f"the worker does not start: {process.args}")
            if still := sorted(self.folder.iterdir()):
                lines.append({"name": still[0].name, "outcome": f"DIED {process.returncode}"})
                still[0].unlink()
        return lines

    def _run(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip


def _read(process: subprocess.Popen[str]) -> list[dict]:
    """Its lines until it ends, or until it has said nothing for too long."""
    said: Queue[str] = Queue()
    assert process.stdout is not None
    Thread(target=_pass_on, args=[process.stdout, said], daemon=True).start()
    lines: list[dict] = []
    try:
        while line := said.get(timeout=HANGS if lines else STARTS_WITHIN):
            lines.append(json.loads(line))
    except Empty:
        process.kill()
    process.wait()
    return lines


def _pass_on(lines: Iterable[str], said: Queue[str]) -> None:
    for line in lines:
        said.put(line)
    said.put("")


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> list[Path]:
    """Sounds in every container, and real recordings where they are there."""
    real = ROOT.parent / "shared" / "data" / "clips"
    clips = [path for path in sorted(real.glob("*")) if path.suffix in REAL]
    return [*write_good(tmp_path_factory.mktemp("good")), *clips]


def test_no_malformed_file_hurts(good, tmp_path):
    canary = tmp_path / "canary.wav"
    for copy in (canary, tmp_path / "inside.m4a", tmp_path / "inside.mp3"):
        shutil.copy(good[0].with_name(f"good{copy.suffix}"), copy)
    folder, address = tmp_path / "hostile", CalledAddress()
    folder.mkdir()
    files = {**dict(mutants(good, EACH, seed=1)), **dict(lures(canary, address.url))}
    for name, content in {**files, **dict(bombs(tmp_path))}.items():
        (folder / name).write_bytes(content)
    count = len(list(folder.iterdir()))
    opened = OpenedFiles(canary)
    lines = Worker(tmp_path / "data", folder).lines()
    address.close()
    (tmp_path / "lines.json").write_text(json.dumps(lines))  # for whoever wants the figures
    assert len(lines) == count >= 200
    assert [line for line in lines if line["outcome"].split()[0] in ("OURS", "DIED")] == []
    assert [line for line in lines if line["seconds"] > HANGS] == []
    assert max(line["peak"] for line in lines) < FULL
    assert not opened.any() and not address.calls


def test_the_traps_catch(tmp_path):
    canary = tmp_path / "canary.wav"
    canary.write_bytes(b"sound")
    opened, address = OpenedFiles(canary), CalledAddress()
    assert not opened.any()
    canary.read_bytes()
    assert opened.any() or sys.platform != "linux"
    with socket.create_connection(address.host) as caller:
        assert caller.recv(1) == b""
    address.close()
    assert address.calls == 1
