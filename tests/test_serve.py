"""One command starts everything, keeps it alive and stops it; killed workers lose nothing."""

import signal
import socket
import subprocess
import sys

import numpy as np
import pytest
import requests
import soundfile

from tests.server import ROOT, wait_for


@pytest.fixture(scope="module")
def long_song(tmp_path_factory):
    """Long enough that unmixing it takes some seconds."""
    path = tmp_path_factory.mktemp("songs") / "long.flac"
    noise = np.random.default_rng(5).uniform(-0.2, 0.2, (44_100 * 45, 2))
    soundfile.write(path, noise, 44_100)
    return path


def running(api, separation: str) -> dict | None:
    """The separation, once its work has visibly begun."""
    row = api.get(f"/separations/{separation}").json()
    return row if row["state"] == "running" and row["job"]["progress"] > 0.05 else None


def test_it_is_ready_when_it_says_so(server):
    assert requests.get(f"{server.url}/healthz", timeout=5).json() == {"status": "alive"}
    assert requests.get(f"{server.url}/readyz", timeout=5).json() == {"status": "ready"}


def test_nothing_is_readable_without_signing_in(server):
    for path in ("/", "/jobs/", "/remixes/", "/settings/", "/api/files", "/api/schema", "/admin/"):
        answer = requests.get(server.url + path, timeout=5, allow_redirects=False)
        assert answer.status_code in (302, 401, 403), path


def test_a_second_one_on_the_same_folder_is_refused_in_one_sentence(server):
    done = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT, env=server.environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "running on" in done.stderr and done.stderr.strip().count("\n") == 0


def test_a_taken_port_is_named(server, tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT, capture_output=True, text=True,
            env={**server.environment, "AUDIOPHILE_DATA": str(tmp_path), "PORT": port},
        )  # fmt: skip
    assert f"Port {port} is taken." in done.stderr


def test_killing_the_heavy_worker_loses_nothing(server, long_song):
    api = server.api()
    file = api.ready(api.upload(long_song)["id"])["id"]
    separation = api.post("/separations", json={"file": file}).json()["id"]
    wait_for(lambda: running(api, separation))
    (worker,) = server.processes("heavy@")
    worker.kill()
    done = wait_for(
        lambda: (row := api.get(f"/separations/{separation}").json())["state"] == "done" and row
    )
    assert done["job"]["attempt"] == 2
    assert len(done["stems"]) == 3
    assert len(api.get("/separations").json()["results"]) == 1
    (again,) = server.processes("heavy@")
    assert again.pid != worker.pid


def test_cancel_takes_effect_within_a_unit_of_work(server, long_song, tmp_path):
    api = server.api()
    louder = tmp_path / "louder.flac"
    soundfile.write(louder, soundfile.read(long_song)[0] * 2, 44_100)
    file = api.ready(api.upload(louder)["id"])["id"]
    separation = api.post("/separations", json={"file": file}).json()["id"]
    job = wait_for(lambda: running(api, separation))["job"]["id"]
    assert api.post(f"/jobs/{job}/cancel").json()["state"] == "cancelled"
    scratch = server.data / "scratch"
    wait_for(lambda: not list(scratch.iterdir()), 10)
    assert api.get(f"/separations/{separation}").json()["state"] == "cancelled"


@pytest.mark.slow
def test_stopping_leaves_no_orphan_and_starting_again_carries_on(server, long_song, tmp_path):
    api = server.api()
    softer = tmp_path / "softer.flac"
    soundfile.write(softer, soundfile.read(long_song)[0] / 2, 44_100)
    file = api.ready(api.upload(softer)["id"])["id"]
    separation = api.post("/separations", json={"file": file}).json()["id"]
    wait_for(lambda: running(api, separation))
    server.stop()
    assert server.processes() == []
    server.start()
    done = wait_for(
        lambda: (row := api.get(f"/separations/{separation}").json())["state"] == "done" and row
    )
    assert len(done["stems"]) == 3


@pytest.mark.slow
def test_a_killed_supervisor_takes_everything_with_it(server):
    server.stop(signal.SIGKILL)
    wait_for(lambda: not server.processes(), 30)
