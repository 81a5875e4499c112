"""Starts the web server, the workers and the beat, keeps them alive, and stops them all."""

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

GRACE = 8.0  # seconds between asking a process to stop and making it
CRASHES = 5  # so many deaths within CRASH_WINDOW seconds and restarting is no help
CRASH_WINDOW = 60.0
TICK = 0.2


class GivingUp(Exception):
    """A process cannot be kept alive; the message is for whoever started it."""


@dataclass
class Child:
    """One process of ours, its log, and when it died lately."""

    name: str
    command: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=CRASHES))

    def start(self) -> None:
        """A session of its own: Ctrl-C in the terminal reaches the supervisor alone."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def keep_alive(self) -> None:
        """Start it again when it has died; raise `GivingUp` when that happens all the time."""
        if self.process is None or self.process.poll() is None:
            return
        self.deaths.append(time.monotonic())
        if len(self.deaths) == CRASHES and self.deaths[-1] - self.deaths[0] < CRASH_WINDOW:
            raise GivingUp(f"The {self.name} process keeps stopping; {self.log} says why.")
        self.start()

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def tell(self, number: signal.Signals) -> None:
        """Signal the process and all it started."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                return


class Supervisor:
    """Runs some commands until it is told to stop."""

    def __init__(self, commands: Mapping[str, Sequence[str]], logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self.children = [
            Child(name, command, logs / f"{name}.log") for name, command in commands.items()
        ]
        self.stopping = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Everything runs inside of this block, and nothing after it."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        try:
            for child in self.children:
                child.start()
            yield
        finally:
            self.stop_all()

    def watch(self) -> Iterator[None]:
        """Keep everything alive, a step at a time, until told to stop."""
        while not self.stopping:
            for child in self.children:
                child.keep_alive()
            yield
            time.sleep(TICK)

    def stop_all(self) -> None:
        """Ask all to stop, wait, then make them."""
        for child in self.children:
            child.tell(signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        while time.monotonic() < deadline and any(child.is_alive for child in self.children):
            time.sleep(TICK)
        for child in self.children:
            child.tell(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()

    def _stop(self, number: int, frame: object) -> None:
        self.stopping = True


def commands(bind: str) -> dict[str, list[str]]:
    """What runs on one machine: the web server, a worker a queue, and the beat."""
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "-A", "audiophile"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "INFO"]
    workers = {
        queue: [*celery, "worker", "-Q", queue, "-n", f"{queue}@%h", "-P", "solo", *quiet]
        for queue in ("fast", "heavy")
    }
    web = [*python, "gunicorn", "audiophile.wsgi", "-c", "python:audiophile.gunicorn", "-b", bind]
    return {"web": web, **workers, "beat": [*celery, "beat", "-l", "INFO", "--pidfile="]}
