"""A recording of three hours goes through everything, in memory that does not grow with it."""

import json
import sys
import time
from pathlib import Path

import pytest
import requests

from tests.server import Api, Server
from tests.slow.memory import peak_of, run_watched
from tests.slow.songs import write_long_mp3

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

SECONDS = 3 * 3600
WEB = 250  # MB, at most, while 345 MB are uploaded; idle it has some 135
WORKER = 1200  # MB, at most, networks and all; the sound alone would be 3.8 GB


@pytest.fixture(scope="module")
def recording(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("songs") / "three hours.mp3"
    write_long_mp3(path, SECONDS)
    return path


@pytest.fixture(scope="module")
def api(server) -> Api:
    return server.api()


@pytest.fixture(scope="module")
def file(api, recording) -> dict:
    """It, uploaded and read and listened to."""
    uploaded = upload(api, recording)
    return patiently(
        lambda: (known := api.get(f"/files/{uploaded['id']}").json())["reference"] and known
    )


def upload(api: Api, path: Path) -> dict:
    """Send a form from a file, so that this process need not hold it."""
    form = requests.Request("POST", api.url, files={"file": (path.name, b"MARK")}).prepare()
    head, tail = form.body.split(b"MARK")
    whole = path.with_suffix(".form")
    with whole.open("wb") as out, path.open("rb") as sound:
        out.write(head)
        while block := sound.read(1 << 20):
            out.write(block)
        out.write(tail)
    with whole.open("rb") as body:
        kind = {"Content-Type": form.headers["Content-Type"]}
        answer = api.post("/files/upload", data=body, headers=kind)
    whole.unlink()
    answer.raise_for_status()
    return answer.json()


def patiently(what, seconds: float = 1500):
    """Ask every second until the answer is true."""
    deadline = time.monotonic() + seconds
    while not (answer := what()):
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        time.sleep(1)
    return answer


def over(row: dict) -> dict | None:
    return None if row["state"] in ("queued", "running") else row


def peak(server: Server, name: str) -> float:
    most = max(peak_of(process) for process in server.processes(name))
    sys.stdout.write(f"{name}: {most:.0f} MB at most\n")
    return most


def frames(api: Api, url: str) -> int:
    """How many samples a FLAC file says it has, in the block at its beginning."""
    head = api.get(url, headers={"Range": "bytes=0-41"}).content
    assert head.startswith(b"fLaC")
    return int.from_bytes(head[21:26], "big") & (1 << 36) - 1


def test_it_is_read_and_listened_to(server, file):
    assert file["duration"] == pytest.approx(SECONDS, abs=1)
    assert file["remark"] == ""
    assert file["genre"] and file["tempo"] and file["key"]
    assert peak(server, "gunicorn") < WEB
    assert peak(server, "fast@") < WORKER


def test_its_beats_are_found(recording):
    printed, most = run_watched("-m", "audio", "beats", "--json", str(recording))
    beats = json.loads(printed)["beats"]
    assert beats[-1] > SECONDS - 60
    assert 40 < 60 * len(beats) / SECONDS < 220
    assert most < WORKER


def test_it_is_unmixed(server, api, file):
    wish = api.post("/separations", json={"file": file["id"]}).json()["id"]
    row = patiently(lambda: over(api.get(f"/separations/{wish}").json()))
    assert row["state"] == "done", row
    lengths = [frames(api, stem["url"]) / 44_100 for stem in row["stems"]]
    assert lengths == pytest.approx([SECONDS] * 3, abs=1)
    patiently(lambda: not any((server.data / "scratch").iterdir()), 60)  # gigabytes of batches
    assert peak(server, "heavy@") < WORKER


def test_it_is_remixed(server, api, file):
    wish = api.post("/remixes", json={"files": [file["id"]], "seed": 1}).json()["id"]
    job = patiently(lambda: over(api.get(f"/remixes/{wish}").json()["job"]))
    assert job["state"] == "done", job
    assert frames(api, f"/remixes/{wish}/audio") > 44_100 * 10
    assert peak(server, "heavy@") < WORKER
