"""Reading a server's answer in a thread of its own, so that whoever waits for it stays awake."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from queue import Empty, Full, Queue
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

BLOCK = 1 << 18  # bytes at once, at most
AHEAD = 4  # blocks that may wait to be taken
TICK = 0.5  # s between two looks whether anybody still wants them

logger = logging.getLogger(__name__)


class Feed(AbstractContextManager["Feed"]):
    """First the answer, then its blocks as they come, then ``b""``.

    Reading cannot be interrupted; so a thread reads, and is left behind when the block ends. It
    touches nothing but its connection, and goes with it.

    Parameters
    ----------
    opened : callable
        Connects, and gives the answer as a context manager.
    """

    def __init__(self, opened: Callable[[], AbstractContextManager[Any]]) -> None:
        self._opened = opened
        self._queue: Queue[Any] = Queue(AHEAD)
        self._left = Event()

    def __enter__(self) -> Self:
        Thread(target=self._read, name="download", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._left.set()

    def get(self, seconds: float) -> Any:
        """Return the next piece, or None when none has come in so many seconds.

        Raises
        ------
        Exception
            What the connection ended with.
        """
        try:
            piece = self._queue.get(timeout=seconds)
        except Empty:
            return None
        if isinstance(piece, Exception):
            raise piece
        return piece

    def _read(self) -> None:
        try:
            with self._opened() as answer:
                going_on = self._put(answer)
                while going_on and (block := answer.read1(BLOCK)):
                    going_on = self._put(block)
        except Exception as error:  # it is raised again where the pieces are taken
            logger.debug("A download was cut.", exc_info=True)
            self._put(error)
        else:
            self._put(b"")

    def _put(self, piece: Any) -> bool:
        """Hand on a piece; False when nobody wants it any more."""
        while not self._left.is_set():
            try:
                self._queue.put(piece, timeout=TICK)
            except Full:
                continue
            return True
        return False
