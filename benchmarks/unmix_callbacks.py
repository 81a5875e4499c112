"""Callbacks: a receiver that is down, workers that are killed, and messages that are not ours."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import soundfile

from benchmarks.rows import Row
from tests.separation.receiver import Heard, Receiver, receiving
from tests.server import Api, Server, free_port, served, wait_for

TITLE = "telling others of the end; the service we grew from stored callbacks and called nobody"
DOWN = 120.0  # seconds for which the receiver is away
FIRST_WAIT = 15.0  # until the first retry, as usual; both are scaled alike
ALIVE = 40.0  # seconds that a worker is left until it is killed
QUIET = 20.0  # seconds afterwards in which nothing more may come
NOT_PUBLIC = (
    "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data", "http://[::1]:6379/",
    "http://2130706434/", "http://0x7f.2/", "http://0.0.0.0/",
)  # fmt: skip


def measure(data: Path, down: float = DOWN) -> Iterator[Row]:
    """Run the product on a folder of its own; `data` is not needed. `down` is in seconds."""
    variables = {
        "AUDIOPHILE_OUTGOING_ALLOW": "127.0.0.1",  # where this receiver is
        "AUDIOPHILE_CALLBACK_WAIT": str(FIRST_WAIT * down / DOWN),
    }
    with TemporaryDirectory() as folder:
        song = _song(Path(folder))
        with served(Path(folder) / "data", **variables) as server:
            api = server.api()
            file = api.upload(song)["id"]
            yield from _down(server, api, file, down)
            yield from _refused(api, file)


def _down(server: Server, api: Api, file: str, down: float) -> Iterator[Row]:
    port = free_port()
    asked = _ask(api, file, f"http://127.0.0.1:{port}/told")
    where = f"/separations/{asked['id']}"
    wait_for(lambda: api.get(where).json()["state"] == "done", 300)
    _kill_workers(server, down)
    delivery = f"{where}/deliveries"
    tries = api.get(delivery).json()["results"][0]["tries"]
    with receiving(port) as receiver:
        back = time.monotonic()
        wait_for(lambda: receiver.heard, 10 * down)
        (first, *_), waited = receiver.heard, receiver.heard[0].at - back
        time.sleep(QUIET)  # for what must not come, there is nothing to wait for
        yield Row("receiver down: messages that came", None, float(len(receiver.heard)), "", "1")
        _resend(api, delivery, receiver)
    what = f"… tries in {down:.0f} s, worker killed {_kills(down)} times"
    yield Row(what, None, float(tries))
    yield Row("… seconds from its return to the message", None, waited, "s")
    yield Row("… resent: numbers in all", None, float(len({one.number for one in receiver.heard})))
    yield from _forged(asked["callback"]["secret"], first)


def _kill_workers(server: Server, down: float) -> None:
    """While the receiver is away, the worker that tells it dies every so often."""
    for _ in range(_kills(down)):
        time.sleep(down / _kills(down))
        for worker in server.processes("fast@"):
            worker.send_signal(signal.SIGKILL)
    wait_for(lambda: server.processes("fast@"))


def _kills(down: float) -> int:
    return max(int(down / ALIVE), 1)


def _resend(api: Api, delivery: str, receiver: Receiver) -> None:
    number = api.get(delivery).json()["results"][0]["id"]
    before = len(receiver.heard)
    api.post(f"{delivery}/{number}/resend")
    wait_for(lambda: len(receiver.heard) > before)


def _forged(secret: str, heard: Heard) -> Iterator[Row]:
    """What a receiver does as the documentation says finds every change."""
    later = str(int(heard.headers["X-Audiophile-Timestamp"]) + 1)
    forged = [
        (secret, Heard(heard.headers, heard.body.replace(b"done", b"lost"), 0)),
        (secret, Heard({**heard.headers, "X-Audiophile-Timestamp": later}, heard.body, 0)),
        (secret[::-1], heard),
    ]
    passed = sum(message.is_signed_with(key) for key, message in forged)
    genuine = heard.is_signed_with(secret)
    yield Row("genuine messages the receiver believes, of 1", None, float(genuine), "", "1")
    yield Row(f"forged ones it believes, of {len(forged)}", None, float(passed), "", "0")


def _refused(api: Api, file: str) -> Iterator[Row]:
    refused = 0
    for url in NOT_PUBLIC:
        wish: dict[str, Any] = {"file": file, "callback": {"url": url}}
        refused += api.post("/separations", json=wish).status_code == 400
    what = f"receivers at private addresses refused, of {len(NOT_PUBLIC)}"
    yield Row(what, None, float(refused), "", str(len(NOT_PUBLIC)))


def _ask(api: Api, file: str, url: str) -> dict[str, Any]:
    wish: dict[str, Any] = {"file": file, "callback": {"url": url, "data": {"n": 1}}}
    answer = api.post("/separations", json=wish)
    answer.raise_for_status()
    asked: dict[str, Any] = answer.json()
    return asked


def _song(folder: Path) -> Path:
    path = folder / "noise.flac"
    noise = np.random.default_rng(7).uniform(-0.2, 0.2, (44_100 * 3, 2))
    soundfile.write(path, noise, 44_100)
    return path
