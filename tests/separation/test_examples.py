"""The sample clients, as a newcomer would run them, against the product as it is run."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.server import ROOT, Server, free_port, served, wait_for

pytestmark = pytest.mark.slow
EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    allowed = {"AUDIOPHILE_OUTGOING_ALLOW": "127.0.0.1", "AUDIOPHILE_CALLBACK_WAIT": "0.5"}
    with served(tmp_path_factory.mktemp("served"), **allowed) as server:
        yield server


@pytest.fixture(scope="module")
def environment(server) -> dict[str, str]:
    token = server.manage("token", "make", "owner", "examples")
    return {**os.environ, "AUDIOPHILE_URL": server.url, "AUDIOPHILE_TOKEN": token}


@pytest.fixture
def songs(tmp_path) -> Path:
    folder = tmp_path / "songs"
    folder.mkdir()
    for seed, name in enumerate(["one.flac", "two “quoted”.wav"]):
        noise = np.random.default_rng(seed).uniform(-0.2, 0.2, (44_100 * 2, 2))
        soundfile.write(folder / name, noise, 44_100)
    return folder


def run(environment, *command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_a_folder_is_sent_and_its_stems_come_back(songs, environment, tmp_path):
    (songs / "a letter.mp3").write_text("This is no song.")
    (songs / "notes.txt").write_text("Nor is this, and it does not look like one.")
    stems, secret, port = tmp_path / "stems", tmp_path / "secret", free_port()
    with subprocess.Popen(
        [sys.executable, EXAMPLES / "receiver.py", "--port", str(port), "--secret-file", secret],
        stdout=subprocess.PIPE, text=True,
    ) as receiver:  # fmt: skip
        callback = ["--callback", f"http://127.0.0.1:{port}/", "--secret-file", secret]
        client = [sys.executable, EXAMPLES / "unmix_folder.py", songs, stems]
        done = run(environment, *client, "--format", "mp3", "--bitrate", "128", *callback)
        assert done.returncode == 1 and "a letter.mp3: " in done.stderr, done.stderr
        assert "2 of 3 songs" in done.stdout
        told = [json.loads(receiver.stdout.readline()) for _ in range(2)]
        receiver.terminate()
    assert {one["data"]["song"] for one in told} == {"one.flac", "two “quoted”.wav"}
    assert {one["state"] for one in told} == {"done"}
    made = sorted(path.name for path in (stems / "one.flac").iterdir())
    assert made == ["bass.mp3", "drums.mp3", "other.mp3"]
    assert soundfile.info(stems / "one.flac" / "drums.mp3").duration == pytest.approx(2, abs=0.1)
    (songs / "a letter.mp3").unlink()
    again = run(environment, *client)
    assert again.returncode == 0 and "2 of 2 songs" in again.stdout


def test_a_forged_message_is_not_believed(environment, tmp_path):
    secret, port = tmp_path / "secret", free_port()
    secret.write_text("s3cret")
    with subprocess.Popen(
        [sys.executable, EXAMPLES / "receiver.py", "--port", str(port), "--secret-file", secret],
        stdout=subprocess.DEVNULL,
    ) as receiver:  # fmt: skip
        said = ["-d", '{"delivery": "1"}', "-H", "X-Audiophile-Timestamp: 1", "-w", "%{http_code}"]
        forge = ["curl", "-s", "-o", "/dev/null", *said, f"http://127.0.0.1:{port}/"]
        status = wait_for(lambda: (out := run(environment, *forge).stdout) != "000" and out)
        receiver.terminate()
    assert status == "403"


def test_one_song_by_curl_alone(songs, environment, tmp_path):
    archive = tmp_path / "stems.zip"
    done = run(environment, "sh", EXAMPLES / "unmix.sh", songs / "one.flac", archive)
    assert done.returncode == 0, done.stderr
    names = zipfile.ZipFile(archive).namelist()
    assert names == ["one - drums.flac", "one - bass.flac", "one - other.flac"]
    letter = tmp_path / "letter.mp3"
    letter.write_text("This is no song.")
    refused = run(environment, "sh", EXAMPLES / "unmix.sh", letter, archive)
    assert refused.returncode == 1 and "not_audio" in refused.stderr
