"""A bucket behind a bad line: a download goes on where it broke off."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from apps.files.buckets import TRIES, Bucket
from apps.files.stored import Unreachable

CONTENT = bytes(range(256)) * 4096  # 1 MiB
PIECE = 300_000  # bytes after which the line breaks


class BadLine(BaseHTTPRequestHandler):
    """Answers as S3 does, but never with more than a piece."""

    protocol_version = "HTTP/1.1"
    asked: list[str] = []

    def do_GET(self) -> None:
        span = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(span[1]) if span else 0
        self.asked.append(self.headers.get("If-Match", ""))
        self.send_response(206 if span else 200)
        self.send_header("ETag", '"the same"')
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start : start + self.server.piece])  # type: ignore[attr-defined]
        self.close_connection = True

    def log_message(self, *args) -> None:
        pass


@pytest.fixture
def line() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BadLine)
    BadLine.asked.clear()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def bucket(line: ThreadingHTTPServer) -> Bucket:
    return Bucket(
        bucket_name="tests", endpoint_url=f"http://127.0.0.1:{line.server_port}",
        access_key="tests", secret_key="tests", region_name="eu-west-1",
    )  # fmt: skip


def test_it_goes_on_where_it_broke_off_and_only_with_the_same_object(line, tmp_path):
    line.piece = PIECE  # type: ignore[attr-defined]
    assert bucket(line).fetch("some.wav", tmp_path).read_bytes() == CONTENT
    assert BadLine.asked == ["", '"the same"', '"the same"', '"the same"']


def test_it_gives_up_in_the_end(line, tmp_path):
    line.piece = 1000  # type: ignore[attr-defined]
    with pytest.raises(Unreachable, match=f"broke {TRIES} times"):
        bucket(line).fetch("some.wav", tmp_path)
