"""Ending work in other threads that nobody waits for any more, at the next place that asks."""

import threading

_here = threading.local()


class Stopped(Exception):
    """Nobody wants the result any more."""


def listen_to(event: threading.Event) -> None:
    """Let this thread's work end once the event is set."""
    _here.event = event


def check() -> None:
    """Go on, or raise `Stopped`; in a thread that listens to nothing, always go on."""
    event: threading.Event | None = getattr(_here, "event", None)
    if event is not None and event.is_set():
        raise Stopped
