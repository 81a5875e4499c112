"""A connection that is read in short waits, so that a slow or silent one can be given up."""

import io
import socket
import time
from collections.abc import Callable
from typing import Any

WAIT = 0.25  # seconds; how soon a cancelled or overdue request is noticed


class TooSlow(Exception):
    """The other side was silent for too long, or took too long in all."""


class Pace:
    """How far a request is, and for how long it may go on."""

    def __init__(self, silence: float, total: float) -> None:
        self.silence = silence
        self.ends_at = time.monotonic() + total
        self.last_byte = self.last_told = time.monotonic()
        self.received = 0  # bytes of the body
        self.expected: int | None = None
        self.heard: Callable[[], None] = lambda: None

    def beat(self) -> None:
        """Give up what is overdue; tell whoever listens, who may raise to cancel."""
        moment = time.monotonic()
        if moment > self.ends_at or moment > self.last_byte + self.silence:
            raise TooSlow
        if moment > self.last_told + WAIT:
            self.last_told = moment
            self.heard()

    def came(self) -> None:
        self.last_byte = time.monotonic()
        self.beat()

    @property
    def patience(self) -> float:
        """Seconds for one step that cannot be cut into short waits."""
        return max(min(self.silence, self.ends_at - time.monotonic()), 0.001)


class _Reader(io.RawIOBase):
    def __init__(self, sock: socket.socket, pace: Pace) -> None:
        self._sock, self._pace = sock, pace
        self._sock.settimeout(WAIT)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            self._pace.beat()
            try:
                count = self._sock.recv_into(buffer)
            except TimeoutError:
                continue
            self._pace.came()
            return count


class Line:
    """What `http.client` needs of a socket; it is closed by whoever opened it."""

    def __init__(self, sock: socket.socket, pace: Pace) -> None:
        self._sock, self._pace = sock, pace

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(self._pace.patience)
        self._sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._sock, self._pace))

    def close(self) -> None:
        """Leave it open: the answer is read after `http.client` is done with its connection."""
