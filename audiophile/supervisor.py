"""Starts the web server, the workers and the beat, keeps them alive, and stops them all."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

GRACE = 8.0  # seconds between asking a process to stop and making it
CRASHES = 5  # so many deaths before everything was ready once, and restarting is no help
CALM = 60.0  # seconds alive after which earlier deaths are forgiven
PAUSES = (0.0, 0.0, 1.0, 2.0, 5.0, 10.0, 30.0)  # seconds before each further restart
TICK = 0.2


class GivingUp(Exception):
    """A process cannot be kept alive; the message is for whoever started it."""


@dataclass
class Child:
    """One process of ours, its log, and how often it has died lately."""

    name: str
    command: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    started_at: float = 0.0
    due_at: float | None = None  # when to start again, while it is dead

    def start(self) -> None:
        """A session of its own: Ctrl-C in the terminal reaches the supervisor alone."""
        self.started_at, self.due_at = time.monotonic(), None
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "AUDIOPHILE_SUPERVISOR": str(os.getpid())},
            )

    def keep_alive(self) -> None:
        """Start it again when it has died, after a pause that grows while it keeps dying."""
        if self.is_alive:
            return
        now = time.monotonic()
        if self.due_at is None:
            self.deaths = 1 if now - self.started_at > CALM else self.deaths + 1
            self.due_at = now + PAUSES[min(self.deaths, len(PAUSES)) - 1]
        if now >= self.due_at:
            self.start()

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def tell(self, number: signal.Signals) -> None:
        """Signal the process and all it started."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


class Supervisor:
    """Runs some commands until it is told to stop."""

    def __init__(self, commands: Mapping[str, Sequence[str]], logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self.children = [
            Child(name, command, logs / f"{name}.log") for name, command in commands.items()
        ]
        self.stopping = False

    def listen(self) -> None:
        """Stop when told to; a hang-up counts only where it was not being ignored (nohup)."""
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGTERM, self._stop)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._stop)

    def require_life(self) -> None:
        """Raise `GivingUp` when something cannot even be started."""
        for child in self.children:
            if child.deaths >= CRASHES:
                raise GivingUp(f"The {child.name} process keeps stopping; {child.log} says why.")

    @contextmanager
    def running(self) -> Iterator[None]:
        """Everything runs inside of this block, and nothing after it."""
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


def commands(host: str, port: int) -> dict[str, list[str]]:
    """What runs on one machine: the web server, a worker a queue, and the beat."""
    python = [sys.executable, "-m"]
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    celery = [*python, "celery", "-A", "audiophile"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "INFO"]
    workers = {
        queue: [*celery, "worker", "-Q", queue, "-n", f"{queue}@%h", "-P", "solo", *quiet]
        for queue in ("fast", "heavy")
    }
    web = [*python, "gunicorn", "audiophile.wsgi", "-c", "python:audiophile.gunicorn", "-b", bind]
    return {"web": web, **workers, "beat": [*celery, "beat", "-l", "INFO", "--pidfile="]}
