"""The library by its size, an upload beside `cp`, and others' waiting while many read slowly."""

import http.client
import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile

from benchmarks.rows import Row
from tests.server import Api, Server, wait_for

TITLE = "what it costs to have much; the peer of an upload is `cp`"
ROWS = (100, 10_000, 100_000)
UPLOAD_MB = 1024
READERS = 32
READER_MB = 50
READER_RATE = 200_000  # bytes a second
STEP = 20_000  # bytes a slow reader takes at a time
BLOCK = 1 << 20


def measure(data: Path) -> Iterator[Row]:
    """Run the product on a folder of its own; `data` is not needed."""
    with TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.start()
        try:
            yield from _library(server)
            yield from _upload(server, Path(folder))
            yield from _slow_readers(server, Path(folder))
        finally:
            server.stop()


# -- the library by its size ---------------------------------------------------------------------


def _library(server: Server) -> Iterator[Row]:
    """The same requests with more and more rows; the counts are of the whole library."""
    for count in ROWS:
        words = server.manage("shell", "-v", "0", "-c", f"{FILL}\nfill({count})")
        assert words.endswith("filled"), words
        api = server.api()
        link = server.manage("signin_link").split()[-1]
        for name, path, client in (("library page", "/", _signed_in(server, link)),
                                   ("GET /api/files", "/api/files", api)):  # fmt: skip
            times = _times(client, server.url + path, 60)
            queries = float(server.manage("shell", "-v", "0", "-c", f"{COUNT}\ncount('{path}')"))
            yield from _quantiles(f"{name}, {count} songs", times)
            yield Row(f"{name}, {count} songs: queries", None, queries, "", "flat")


FILL = """
import itertools, uuid
from django.utils.timezone import now
from apps.accounts.services import ensure_owner
from apps.files.models import Blob, Track
from apps.predictions.models import CurrentReference, Reference

GENRES = ["rock", "jazz", "classical", "disco", "blues"]

def fill(count):
    owner = ensure_owner()
    blob, _ = Blob.objects.get_or_create(storage="local", key="bench", defaults=dict(
        size=1, sha256="bench", content_type="audio/wav"))
    have = Track.objects.filter(owner=owner).count()
    for start in range(have, count, 5000):
        numbers = range(start, min(start + 5000, count))
        tracks = Track.objects.bulk_create([Track(
            owner=owner, blob=blob, sha256=f"bench{n}", filename=f"song {n}.wav", state="ready",
            title=f"Song {n}", artist=f"Artist {n % 997}", album=f"Album {n % 4999}",
            seconds=60 + n % 300, sample_rate=44100, channels=2, codec="mp3", container="mp3",
        ) for n in numbers])
        made = Reference.objects.bulk_create(
            [Reference(track=track, published_at=now()) for track in tracks])
        CurrentReference.objects.bulk_create([CurrentReference(
            track=track, reference=reference, genre=GENRES[n % 5], genre_confidence=0.9,
            tempo=60 + n % 120, key="A minor",
        ) for track, reference, n in zip(tracks, made, numbers)])
    print("filled")
"""
COUNT = """
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from apps.accounts.services import ensure_owner

def count(path):
    client = Client(SERVER_NAME="localhost")
    client.force_login(ensure_owner())
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    print(len(queries))
"""


def _signed_in(server: Server, link: str) -> Api:
    """A browser of the owner: opens the link, presses its button."""
    browser = Api(server.url, "")
    del browser.headers["Authorization"]
    browser.get(link)
    password = dict.fromkeys(("new_password1", "new_password2"), "measured and forgotten")
    browser.post(link, data={"csrfmiddlewaretoken": browser.cookies["csrftoken"], **password})
    return browser


def _times(client: Api, url: str, count: int) -> list[float]:
    """How long each of so many requests took, after two that warm up."""
    times = []
    for _ in range(count + 2):
        began = time.perf_counter()
        answer = client.get(url, allow_redirects=False)
        times.append(time.perf_counter() - began)
        assert answer.status_code == 200, (url, answer.status_code)
    return times[2:]


def _quantiles(what: str, times: Sequence[float]) -> Iterator[Row]:
    for share in (50, 95):
        yield Row(f"{what}: p{share}, ms", None, float(np.percentile(times, share)) * 1000)


# -- one large upload ----------------------------------------------------------------------------


def _upload(server: Server, folder: Path) -> Iterator[Row]:
    """Beside `cp` of the same bytes to the same disk, with an eye on the memory."""
    song, copy = folder / "large.wav", folder / "copy.wav"
    _write_noise(song, UPLOAD_MB)
    api = server.api()
    began = time.perf_counter()
    subprocess.run(["cp", song, copy], check=True)
    copied = time.perf_counter() - began
    copy.unlink()
    with _peaks(server) as peaks:
        began = time.perf_counter()
        file = _post(server, api, song)
        sent = time.perf_counter() - began
        web = peaks["gunicorn"]
        wait_for(lambda: api.get(f"/files/{file}").json()["state"] != "probing", 300)
    megabytes = song.stat().st_size / 2**20
    yield Row(f"upload of {UPLOAD_MB} MB, MB/s", megabytes / copied, megabytes / sent)
    yield Row("… peak memory of the web server, MB", None, web, "", "≤ 100 more")
    yield Row("… of the worker that reads it, MB", None, peaks["fast@"])
    api.delete(f"/files/{file}")
    _quieten(api)
    song.unlink()


def _write_noise(path: Path, megabytes: int) -> None:
    noise = np.random.default_rng(1)
    with soundfile.SoundFile(path, "w", 44_100, 2, "PCM_16") as out:
        for _ in range(megabytes):
            out.write(noise.integers(-9000, 9000, (2**18, 2), np.int16))


def _post(server: Server, api: Api, path: Path) -> str:
    """Send a file as a browser does, without holding it in memory."""
    edge = "edge"
    head = (
        f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n'
        "Content-Type: audio/wav\r\n\r\n"
    ).encode()
    tail = f"\r\n--{edge}--\r\n".encode()

    headers = {
        "Authorization": str(api.headers["Authorization"]),
        "Content-Type": f"multipart/form-data; boundary={edge}",
        "Content-Length": str(len(head) + path.stat().st_size + len(tail)),
    }
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    with path.open("rb") as file:
        blocks = iter(lambda: file.read(BLOCK), b"")
        connection.request("POST", "/api/files/upload", chain([head], blocks, [tail]), headers)
    answer = connection.getresponse()
    assert answer.status == 201, answer.status
    return str(json.load(answer)["id"])


@contextmanager
def _peaks(server: Server) -> Iterator[dict[str, float]]:
    """The most memory (MB) that each process was seen with, by a word of its command."""
    peaks = dict.fromkeys(("gunicorn", "fast@", "heavy@"), 0.0)
    watched = {name: server.processes(name) for name in peaks}
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            for name, processes in watched.items():
                most = max(process.memory_info().rss for process in processes) / 2**20
                peaks[name] = max(peaks[name], most)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peaks
    finally:
        over.set()
        thread.join()


# -- many who read slowly ------------------------------------------------------------------------


def _slow_readers(server: Server, folder: Path) -> Iterator[Row]:
    """How long others wait, alone and while so many read."""
    song, url = folder / "read.wav", f"{server.url}/api/files"
    _write_noise(song, READER_MB)
    api = server.api()
    file = _post(server, api, song)
    _quieten(api)
    alone = _times(api, url, 100)
    with SlowReaders(server, api, file) as readers:
        among = _times(api, url, 400)
    for share in (50, 95, 100):
        peer, ours = (float(np.percentile(times, share)) * 1000 for times in (alone, among))
        yield Row(f"GET /api/files, {READERS} slow readers beside none, p{share}, ms", peer, ours)
    yield Row("… bytes/s each of them got, beside asked for", READER_RATE, readers.rate)
    api.delete(f"/files/{file}")


class SlowReaders:
    """Takes a file many times at once, each at the pace of a slow line."""

    def __init__(self, server: Server, api: Api, file: str) -> None:
        self._sockets = [_asking(server, api, file) for _ in range(READERS)]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self.rate = 0.0  # bytes a second and reader

    def __enter__(self) -> "SlowReaders":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()
        for connection in self._sockets:
            connection.close()

    def _read(self) -> None:
        began, taken = time.monotonic(), 0
        while not self._over.wait(max(0.0, began + taken / READER_RATE - time.monotonic())):
            for connection in self._sockets:
                connection.recv(STEP, socket.MSG_WAITALL)
            taken += STEP
        self.rate = taken / (time.monotonic() - began)


def _asking(server: Server, api: Api, file: str) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    connection.connect(("127.0.0.1", server.port))
    token = str(api.headers["Authorization"])
    connection.sendall(
        f"GET /api/files/{file}/audio HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: {token}\r\n\r\n".encode()
    )
    return connection


def _quieten(api: Api) -> None:
    """Stop what workers do, so that it is not measured."""
    for job in api.get("/jobs").json()["results"]:
        if job["state"] in ("queued", "running"):
            api.post(f"/jobs/{job['id']}/cancel")
