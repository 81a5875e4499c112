"""An upload over a real connection that is cut, and the sha256 of what was resumed."""

import hashlib
import socket
from urllib.parse import urlsplit

import pytest

from apps.accounts.services import issue_token
from apps.files.models import Track
from tests.server import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


class Wire:
    """Requests written by hand, so that a connection can end wherever it likes."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self.place = (parts.hostname, parts.port)
        self.token = token

    def send(
        self, method: str, path: str, body: bytes = b"", *, cut: int | None = None, **headers
    ):
        """The answer's status and headers; none when the connection is cut after `cut` bytes."""
        told = {
            "Host": f"{self.place[0]}:{self.place[1]}", "Connection": "close",
            "Authorization": f"Token {self.token}", "Tus-Resumable": "1.0.0",
            "Content-Type": "application/offset+octet-stream", "Content-Length": str(len(body)),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }  # fmt: skip
        lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in told.items()), "", ""]
        with socket.create_connection(self.place, timeout=20) as line:
            line.sendall("\r\n".join(lines).encode() + body[:cut])
            if cut is None:
                return self._answer(line)
        return None

    def _answer(self, line: socket.socket) -> tuple[int, dict[str, str]]:
        said = b""
        while block := line.recv(65_536):
            said += block
        first, *rest = said.partition(b"\r\n\r\n")[0].decode().split("\r\n")
        return int(first.split()[1]), dict(header.split(": ", 1) for header in rest)


@pytest.fixture
def wire(live_server, owner) -> Wire:
    return Wire(live_server.url, issue_token(user=owner, name="test")[1])


def offset(wire: Wire, place: str) -> int:
    return int(wire.send("HEAD", place)[1]["Upload-Offset"])


def test_half_of_it_arrives_and_the_rest_later(wire, song):
    content = song(seconds=60).read_bytes()
    half = len(content) // 2
    status, headers = wire.send("POST", "/api/uploads/", Upload_Length=str(len(content)))
    assert status == 201
    place = headers["Location"]
    wire.send("PATCH", place, content, cut=half, Upload_Offset="0")
    wait_for(lambda: offset(wire, place) == half, 20)
    status, _ = wait_for(lambda: _resumed(wire, place, content[half:], half), 20)
    assert status == 204
    assert Track.objects.get().sha256 == hashlib.sha256(content).hexdigest()


def _resumed(wire: Wire, place: str, rest: bytes, start: int):
    """The next piece, as soon as the server has noticed that the connection is gone."""
    answer = wire.send("PATCH", place, rest, Upload_Offset=str(start))
    return answer if answer[0] != 423 else None
