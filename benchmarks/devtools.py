"""A page driven by nothing but the debugger's plainest commands.

Playwright has the browser keep what pages fetch, in the memory of the page's own process; who
measures that memory needs a tab of which nothing is kept.
"""

import base64
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import psutil
import requests

from tests.web import chromium

PATIENCE = 60.0  # s
SMALL, LARGE = 126, 127  # lengths of a frame that say: the length follows in 2 or 8 bytes
TEXT, WHOLE = 0x1, 0x80


class Tab:
    """One page, by WebSocket (RFC 6455), which of its frames knows those that Chromium sends."""

    def __init__(self, address: str) -> None:
        place = urlsplit(address)
        self._socket = socket.create_connection((place.hostname, place.port), PATIENCE)
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self._file = self._socket.makefile("rb")
        while self._file.readline().strip():
            pass
        self._count = 0

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Ask for something, and wait for the answer."""
        self._count += 1
        self._send(json.dumps({"id": self._count, "method": method, "params": arguments}))
        while True:
            said: dict[str, Any] = json.loads(self._receive())
            if said.get("id") == self._count:
                if "error" in said:
                    raise RuntimeError(f"{method}: {said['error']}")
                return dict(said["result"])

    def evaluate(self, expression: str) -> Any:
        """What an expression is in the page."""
        said = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True,
            userGesture=True,
        )  # fmt: skip
        if "exceptionDetails" in said:
            raise RuntimeError(f"{expression}: {said['exceptionDetails']}")
        return said["result"].get("value")

    def wait_for(self, expression: str, seconds: float = PATIENCE) -> None:
        """Ask again and again until it is true."""
        deadline = time.monotonic() + seconds
        while not self.evaluate(f"Boolean({expression})"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{expression}: waited {seconds} s in vain")
            time.sleep(0.2)

    def _send(self, text: str) -> None:
        data, mask = text.encode(), os.urandom(4)
        length = len(data)
        head = bytes([WHOLE | TEXT])
        if length < SMALL:
            head += bytes([0x80 | length])
        else:
            head += bytes([0x80 | LARGE]) + length.to_bytes(8, "big")
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))
        self._socket.sendall(head + mask + masked)

    def _receive(self) -> bytes:
        """A message, which may come in several frames."""
        parts, last = [], False
        while not last:
            first, length = self._file.read(2)
            last = bool(first & WHOLE)
            if length in (SMALL, LARGE):
                length = int.from_bytes(self._file.read(2 if length == SMALL else 8), "big")
            parts.append(self._file.read(length))
        return b"".join(parts)


@contextmanager
def opened(script: str, *, cookie: tuple[str, str, str]) -> Iterator[tuple[Tab, psutil.Process]]:
    """An empty tab in a browser of its own, and the browser's process.

    `script` runs before those of every page; the cookie is a name, a value and an address.
    """
    path = chromium.found()
    if path is None:
        raise FileNotFoundError("There is no Chromium here (Debian: apt install chromium).")
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = psutil.Popen(
            [path, "--headless=new", "--remote-debugging-port=0", "--window-size=1280,500",
             f"--user-data-dir={folder}", *chromium.QUIET, "about:blank"],
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            tab = Tab(_address(Path(folder) / "DevToolsActivePort"))
            tab.call("Page.enable")
            tab.call("Page.addScriptToEvaluateOnNewDocument", source=script)
            name, value, url = cookie
            tab.call("Network.setCookie", name=name, value=value, url=url)
            yield tab, browser
        finally:
            for process in [*browser.children(recursive=True), browser]:
                with suppress(psutil.Error):
                    process.kill()
            browser.wait()


def _address(said: Path) -> str:
    """Where the debugger of its first page listens."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(FileNotFoundError, IndexError, requests.RequestException):
            port = said.read_text().splitlines()[0]
            pages = requests.get(f"http://127.0.0.1:{port}/json/list", timeout=5).json()
            return str(next(one for one in pages if one["type"] == "page")["webSocketDebuggerUrl"])
        time.sleep(0.1)
    raise TimeoutError("Chromium did not open its debugger.")


def renderer_megabytes(browser: psutil.Process) -> float:
    """The memory of the largest process that shows a page: resident, in MB."""
    sizes = [0.0]
    for process in browser.children(recursive=True):
        with suppress(psutil.Error):
            if "--type=renderer" in process.cmdline():
                sizes.append(process.memory_info().rss / 2**20)
    return max(sizes)
