"""Who opens a file that nobody should, and who calls an address that nobody should?"""

import ctypes
import os
import socket
import sys
import threading
from pathlib import Path

OPENED = 0x20  # IN_OPEN


class OpenedFiles:
    """The kernel's word on whether a file was opened (Linux; elsewhere nothing is seen)."""

    def __init__(self, path: Path) -> None:
        self._watch = -1
        if sys.platform == "linux":
            kernel = ctypes.CDLL(None, use_errno=True)
            self._watch = kernel.inotify_init1(os.O_NONBLOCK)
            assert kernel.inotify_add_watch(self._watch, bytes(path), OPENED) >= 0

    def any(self) -> bool:
        """Whether it was opened since the last time somebody asked."""
        if self._watch < 0:
            return False
        try:
            return bool(os.read(self._watch, 4096))
        except BlockingIOError:
            return False


class CalledAddress:
    """An address of this machine that counts who connects to it."""

    def __init__(self) -> None:
        self.calls = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.host = self._server.getsockname()
        self.url = f"http://{self.host[0]}:{self.host[1]}"
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        while True:
            try:
                caller = self._server.accept()[0]
            except OSError:
                return
            self.calls += 1
            caller.close()

    def close(self) -> None:
        self._server.close()
