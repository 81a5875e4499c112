"""The whole product in processes of its own, as `make run` starts it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 90  # seconds; a broken test ends, a slow machine passes


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Ask again and again until the answer is true; fail loudly when it never is."""
    deadline = time.monotonic() + seconds
    while not (answer := what()):
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        time.sleep(0.1)
    return answer


class Server:
    """`manage.py serve` on a data folder and a port of its own."""

    def __init__(self, data: Path, **variables: str) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        inherited = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
        self.environment = {
            **inherited, "AUDIOPHILE_DATA": str(data), "PORT": str(self.port), **variables
        }  # fmt: skip
        self.process: subprocess.Popen[str] | None = None
        self.link = ""

    def start(self) -> float:
        """Start, wait until it says where to sign in, and tell how long that took."""
        began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.match(r"Sign in: (\S+)", line):
                self.link = found[1]
                return time.monotonic() - began
        raise AssertionError(f"it ended before it was ready; see {self.data / 'log'}")

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(PATIENCE)

    def manage(self, *arguments: str) -> str:
        """What a management command prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    def processes(self, name: str = "") -> list[psutil.Process]:
        """Those that live on this data folder, or the one with this Celery name."""
        found = []
        for process in psutil.process_iter():
            try:
                mine = process.environ().get("AUDIOPHILE_DATA") == str(self.data)
                if mine and name in " ".join(process.cmdline()):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def api(self) -> "Api":
        return Api(self.url, self.manage("token", "make", "owner", "tests"))


class Api(requests.Session):
    """The API with a token, by path."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__()
        self.url = url
        self.headers["Authorization"] = f"Token {token}"

    def request(self, method: Any, path: Any, **rest: Any) -> requests.Response:  # type: ignore[override]
        url = path if path.startswith("http") else f"{self.url}/api{path}"
        return super().request(method, url, **{"timeout": 30, **rest})

    def upload(self, path: Path) -> dict[str, Any]:
        with path.open("rb") as file:
            answer = self.post("/files/upload", files={"file": (path.name, file)})
        answer.raise_for_status()
        known: dict[str, Any] = answer.json()
        return known

    def ready(self, file: str) -> dict[str, Any]:
        """Wait until a file is read and its predictions are there."""
        wait_for(lambda: self.get(f"/files/{file}").json()["reference"])
        known: dict[str, Any] = self.get(f"/files/{file}").json()
        return known


@contextmanager
def served(data: Path, **variables: str) -> Iterator[Server]:
    """The product while the block runs; afterwards nothing of it may be left."""
    server = Server(data, **variables)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        wait_for(lambda: not server.processes(), 20)
        shutil.rmtree(data)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The product as `make run` starts it, embedded, for the tests of one module."""
    with served(tmp_path_factory.mktemp("served")) as server:
        yield server
