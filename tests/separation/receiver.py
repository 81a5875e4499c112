"""Somebody who wants to be told: a web server that keeps what it hears."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Heard:
    """One request, as it came."""

    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def said(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.body)
        return said

    @property
    def number(self) -> str:
        return self.headers["X-Audiophile-Delivery"]

    def is_signed_with(self, secret: str) -> bool:
        """As the documentation tells receivers to find out."""
        signed = self.headers["X-Audiophile-Timestamp"].encode() + b"." + self.body
        expected = "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected, self.headers["X-Audiophile-Signature"])


class Receiver(ThreadingHTTPServer):
    """Answers with a status, after a while if it is to be slow."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int = 0) -> None:
        self.heard: list[Heard] = []
        self.status = 204
        self.location = ""
        self.slow = threading.Event()
        self.over = threading.Event()
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/told"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append(Heard(dict(self.headers), body, time.monotonic()))
        if self.server.slow.is_set():
            self.server.over.wait(10)
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *args: Any) -> None:
        """Quietly."""


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """A receiver that is up while the block runs."""
    receiver = Receiver(port)
    thread = threading.Thread(target=receiver.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        receiver.shutdown()
        receiver.server_close()
        thread.join(5)
