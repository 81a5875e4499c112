"""A server on this machine that holds a toy, and may cut, stall, lie or lead elsewhere."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

CONTENT = bytes(range(256)) * 4096  # 1 MiB
SHA256 = hashlib.sha256(CONTENT).hexdigest()
URL = "https://nowhere.invalid/toy.bin"


class Home(BaseHTTPRequestHandler):
    """Serves what its server holds; `cuts` times it hangs up after `patience` bytes.

    Where it `stalls` it sends a thousand bytes, and the rest once it is `awake`.
    """

    def do_GET(self) -> None:
        server = self.server
        server.asked.append(self.headers.get("Range", ""))
        name = self.path.rpartition("/")[2]
        if name == "elsewhere":
            self.send_response(302)
            self.send_header("Location", server.elsewhere)
            self.end_headers()
        elif name not in server.files:
            self.send_error(404, "Not Found")
        else:
            self._send(server.files[name])

    def _send(self, content: bytes) -> None:
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1]) if self.server.ranges else 0
        if start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        rest = content[start:]
        if self.server.cuts:
            self.server.cuts -= 1
            rest = rest[: self.server.patience]
        if self.server.stalls:
            self.wfile.write(rest[:1000])
            self.wfile.flush()
            self.server.awake.wait(10)
            rest = rest[1000:]
        with suppress(ConnectionError):  # who asked may have left
            self.wfile.write(rest)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def serving() -> Iterator[ThreadingHTTPServer]:
    home = ThreadingHTTPServer(("127.0.0.1", 0), Home)
    home.files, home.asked = {"toy.bin": CONTENT}, []
    home.cuts, home.patience, home.ranges, home.elsewhere = 0, 300_000, True, URL
    home.stalls, home.awake = False, Event()
    home.address = f"http://127.0.0.1:{home.server_address[1]}"
    thread = Thread(target=home.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield home
    home.awake.set()
    home.shutdown()
    thread.join()
    home.server_close()
