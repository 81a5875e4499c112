"""Slow and stalled readers keep nobody else waiting."""

import socket
import time
from contextlib import ExitStack

import numpy as np
import pytest
import soundfile

from audiophile.gunicorn import give_up_stalled
from tests.server import Api

READERS = 40
PROMPT = 3.0  # seconds; a starved request would wait until a reader has finished

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def api(server) -> Api:
    return server.api()


@pytest.fixture(scope="module")
def large(api, tmp_path_factory) -> str:
    """A file that no socket's buffer can swallow."""
    path = tmp_path_factory.mktemp("songs") / "large.wav"
    noise = np.random.default_rng(1).integers(-9000, 9000, (44_100 * 120, 2), np.int16)
    soundfile.write(path, noise, 44_100)
    return api.upload(path)["id"]


def reader(api: Api, port: int, file: str) -> socket.socket:
    """Somebody who asks for a file, takes its first bytes and then no more."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    connection.connect(("127.0.0.1", port))
    connection.settimeout(20)
    token = api.headers["Authorization"]
    connection.sendall(
        f"GET /api/files/{file}/audio HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: {token!s}\r\n\r\n".encode()
    )
    assert connection.recv(12) == b"HTTP/1.1 200"
    return connection


def test_others_are_answered_while_many_read_slowly(server, api, large):
    with ExitStack() as all_of_them:
        for _ in range(READERS):
            all_of_them.enter_context(reader(api, server.port, large))
        for _ in range(5):
            began = time.monotonic()
            assert api.get("/files").status_code == 200
            assert time.monotonic() - began < PROMPT


def test_a_slow_reader_gets_every_byte(server, api, large):
    with reader(api, server.port, large) as connection:
        got = connection.recv(2**16, socket.MSG_WAITALL)
        head, _, body = got.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        missing = length - len(body)
        while missing:
            missing -= len(connection.recv(2**20)) or pytest.fail("it broke off")


def test_a_connection_on_which_nothing_moves_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        give_up_stalled(listener, 1)
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
            with pytest.raises(BlockingIOError):
                accepted.recv(1)
            with pytest.raises(BlockingIOError):
                accepted.sendall(bytes(2**26))
