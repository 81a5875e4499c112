"""Hear from an Audiophile server when separations end, and believe nobody else.

    python receiver.py --port 5000 --secret-file secret

The secret is in the answer to the request that named this receiver (`callback.secret`), the same
for all of one person's requests to the same address; `unmix_folder.py --secret-file` writes it
down. Each message that is genuine and new is printed as one line of JSON.
"""

import argparse
import contextlib
import hashlib
import hmac
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

OLDEST = 300  # seconds; a message that was signed before may have been overheard
LARGEST = 1024 * 1024  # bytes


def is_genuine(secret: str, timestamp: str, signature: str, body: bytes) -> bool:
    """Was it signed with this secret, and just now?"""
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > OLDEST:
        return False
    signed = timestamp.encode() + b"." + body
    expected = "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signature)


class Receiver(ThreadingHTTPServer):
    """Knows the secret, and which messages it has had: the same one may come twice."""

    def __init__(self, address: tuple[str, int], secret_file: Path) -> None:
        super().__init__(address, Handler)
        self.secret_file = secret_file
        self.had: set[str] = set()

    @property
    def secret(self) -> str:
        return self.secret_file.read_text().strip() if self.secret_file.exists() else ""


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        if size > LARGEST:
            self.send_error(413)
            return
        body = self.rfile.read(size)
        timestamp = self.headers.get("X-Audiophile-Timestamp", "")
        signature = self.headers.get("X-Audiophile-Signature", "")
        secret = self.server.secret
        if not secret or not is_genuine(secret, timestamp, signature, body):
            self.send_error(403, "Not signed as it should be")
            return
        self._take(json.loads(body))
        self.send_response(204)
        self.end_headers()

    def _take(self, message: dict[str, Any]) -> None:
        """Here is the place to fetch the stems; their links want a token."""
        if message["delivery"] not in self.server.had:
            self.server.had.add(message["delivery"])
            print(json.dumps(message), flush=True)

    def log_message(self, *args: Any) -> None:
        """Only messages are printed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5000)
    parser.add_argument("--secret-file", type=Path, required=True)
    options = parser.parse_args()
    with Receiver((options.host, options.port), options.secret_file) as receiver:
        receiver.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
