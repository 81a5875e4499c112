"""Two gigabytes into the running product, by the tus protocol and to S3, in little memory."""

import hashlib
import random
import socket
import struct
import sys
from collections.abc import Iterator

import pytest
import requests

from tests.server import Server, served, wait_for
from tests.slow.memory import MEGABYTE, peak_of
from tests.slow.outside import s3_process

pytestmark = pytest.mark.slow

SIZE = 2**31 - 2**20  # bytes, just under what the server takes
BLOCK = 2**20
MEMORY = 100 * 2**20  # bytes


def wave(size: int) -> Iterator[bytes]:
    """A WAV of 24-bit stereo noise at 96 kHz, in blocks."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 96_000, 576_000, 6, 24)
    data = size - 44
    head = struct.pack("<4sI4s", b"RIFF", size - 8, b"WAVE") + form
    yield head + struct.pack("<4sI", b"data", data)
    noise = random.Random(3).randbytes(BLOCK)
    while data:
        yield noise[: min(BLOCK, data)]
        data -= min(BLOCK, data)


def sha256_of_wave() -> str:
    digest = hashlib.sha256()
    for block in wave(SIZE):
        digest.update(block)
    return digest.hexdigest()


class Web:
    """The web server's process, and the most memory it has had."""

    def __init__(self, server: Server) -> None:
        self.processes = server.processes("gunicorn")
        self.most = 0

    def look(self) -> int:
        now = sum(process.memory_info().rss for process in self.processes)
        self.most = max(self.most, now)
        return now


def head(server: Server, path: str, offset: int, count: int) -> bytes:
    token = server.api().headers["Authorization"]
    return (
        f"PATCH {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Authorization: {token}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {offset}\r\n"
        "Content-Type: application/offset+octet-stream\r\n"
        f"Content-Length: {count}\r\n\r\n"
    ).encode()


def send(server: Server, path: str, *, start: int, stop: int, web: Web) -> str:
    """Say that all the rest will come, and send the part up to `stop`; the status, if any."""
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall(head(server, path, start, SIZE - start))
        at = 0
        for block in wave(SIZE):
            part = block[max(start - at, 0) : max(stop - at, 0)]
            at += len(block)
            line.sendall(part)
            if at % (64 * BLOCK) < BLOCK:
                web.look()
        line.settimeout(300)
        return line.recv(65_536).decode().split(" ")[1] if stop == SIZE else ""


def resumed(server: Server, path: str, start: int, web: Web) -> bool:
    """Send the rest; refused as long as the server has not noticed that the first half is over."""
    try:
        return send(server, path, start=start, stop=SIZE, web=web) == "204"
    except ConnectionError:
        return False


def test_two_gigabytes_cut_at_half_arrive_whole_in_little_memory(server):
    api, web = server.api(), Web(server)
    api.headers["Tus-Resumable"] = "1.0.0"
    before = web.look()
    begun = api.post("/uploads/", headers={"Upload-Length": str(SIZE)})
    path = begun.headers["Location"]
    send(server, path, start=0, stop=SIZE // 2, web=web)

    def offset() -> int:
        return int(api.head(server.url + path).headers["Upload-Offset"])

    wait_for(lambda: offset() == SIZE // 2, 20)
    wait_for(lambda: resumed(server, path, offset(), web))
    (file,) = api.get("/files").json()["results"]
    assert file["sha256"] == sha256_of_wave()
    assert web.most - before < MEMORY, f"{(web.most - before) / 2**20:.0f} MB more than before"


def test_a_client_that_falls_silent_does_not_keep_its_upload_to_itself(server):
    """Its connection is open still, as when a laptop is closed: nobody says that it is over."""
    api = server.api()
    api.headers["Tus-Resumable"] = "1.0.0"
    content = b"".join(wave(2**20))
    path = api.post("/uploads/", headers={"Upload-Length": str(len(content))}).headers["Location"]
    piece = {"Content-Type": "application/offset+octet-stream"}

    def send_rest() -> int:
        url = server.url + path
        try:
            offset = api.head(url).headers["Upload-Offset"]
            headers = {**piece, "Upload-Offset": offset}
            return api.patch(url, data=content[int(offset) :], headers=headers).status_code
        except requests.ConnectionError:  # refused before the body was taken
            return 423

    with socket.create_connection(("127.0.0.1", server.port)) as silent:
        silent.sendall(head(server, path, 0, len(content)) + content[:1000])
        wait_for(lambda: send_rest() == 423, 20)
        wait_for(lambda: send_rest() == 204, 60)


class Form:
    """A multipart form with the wave as its file, made while it is sent."""

    def __init__(self) -> None:
        name = 'Content-Disposition: form-data; name="file"; filename="big.wav"'
        self.head = f"--cut\r\n{name}\r\nContent-Type: audio/wav\r\n\r\n".encode()
        self.tail = b"\r\n--cut--\r\n"

    def __len__(self) -> int:
        return len(self.head) + SIZE + len(self.tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self.head
        yield from wave(SIZE)
        yield self.tail


def test_two_gigabytes_reach_s3_in_little_memory(tmp_path):
    """The web process takes them and passes them on."""
    with s3_process() as bucket, served(tmp_path / "data", **bucket.variables) as server:
        web = server.processes("gunicorn")
        before = {process.pid: process.memory_info().rss for process in web}
        api = server.api()
        form = {"Content-Type": "multipart/form-data; boundary=cut"}
        answer = api.post("/files/upload/s3", data=Form(), headers=form, timeout=600)
        assert answer.status_code == 201, answer.text
        assert answer.json()["sha256"] == sha256_of_wave()
        assert SIZE in bucket.contents().values()
        grown = {p.pid: peak_of(p) - before[p.pid] / MEGABYTE for p in web}
        sys.stdout.write(f"upload/s3: web {sum(grown.values()):+.0f} MB\n")
        assert sum(grown.values()) < MEMORY / MEGABYTE
