"""Two gigabytes between the disk and a bucket, in bounded memory; figures are printed."""

import contextlib
import os
import subprocess
import sys
import time

import boto3
import psutil
import pytest

from tests.server import ROOT, free_port, wait_for

pytestmark = pytest.mark.slow
SIZE = 2 * 2**30  # bytes
ALLOWED = 100 * 2**20  # bytes of memory for what moves, beyond what an idle process has
KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests", "AWS_REGION": "eu-west-1"}

MAKE = """
from pathlib import Path
from apps.files import blobs
from apps.files.models import Track
from apps.accounts.models import User
path = Path({path!r})
blob = blobs.store(path, content_type="audio/wav")
fields = dict(sha256=blob.sha256, filename="big.wav", title="big")
Track.objects.create(owner=User.objects.create(username="owner"), blob=blob, **fields)
"""


@pytest.fixture
def s3(tmp_path):
    """An S3 server in a process of its own, so that its memory is not ours."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL, env={**os.environ, **KEYS})
    client = boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="eu-west-1",
        aws_access_key_id="tests", aws_secret_access_key="tests",
    )  # fmt: skip
    wait_for(lambda: _answers(client))
    place = {"LocationConstraint": "eu-west-1"}
    client.create_bucket(Bucket="tests", CreateBucketConfiguration=place)
    yield f"http://127.0.0.1:{port}"
    server.kill()
    server.wait()


def _answers(client) -> bool:
    try:
        return bool(client.list_buckets())
    except client.exceptions.ClientError:
        return True
    except Exception:  # noqa: BLE001 - not yet
        return False


def manage(environment: dict[str, str], *arguments: str) -> int:
    """Run a command; returns the most memory it was seen to have, in bytes."""
    most = 0
    command = [sys.executable, "manage.py", *arguments]
    with psutil.Popen(command, cwd=ROOT, env=environment) as process:
        while process.poll() is None:
            with contextlib.suppress(psutil.Error):
                most = max(most, process.memory_info().rss)
            time.sleep(0.02)
    assert process.returncode == 0, arguments
    return most


def test_moving_there_and_back_takes_little_memory(s3, tmp_path):
    environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    environment |= KEYS | {
        "AUDIOPHILE_DATA": str(tmp_path / "data"), "AWS_S3_BUCKET": "tests",
        "AWS_S3_ENDPOINT_URL": s3, "AUDIOPHILE_STORAGE": "local",
        "DATABASE_URL": "", "DB_HOST": "",
    }  # fmt: skip
    manage(environment, "migrate", "-v0")
    big = tmp_path / "data" / "scratch" / "big.wav"
    with big.open("wb") as file:
        block = os.urandom(2**20 - 4)
        for number in range(SIZE // 2**20):
            file.write(number.to_bytes(4) + block)
    idle = manage(environment, "shell", "-c", MAKE.format(path=str(big)))
    for arguments in (["move_storage", "--to", "s3"], ["check_storage", "--deep"],
                      ["move_storage", "--to", "local"]):  # fmt: skip
        began = time.monotonic()
        memory = manage(environment, *arguments)
        took = time.monotonic() - began
        more = (memory - idle) / 2**20
        figures = f"{took:.0f} s, {memory / 2**20:.0f} MB ({more:+.0f} over an idle process)"
        sys.stdout.write(f"{' '.join(arguments)}: {figures}\n")
        assert memory - idle < ALLOWED
    assert (
        sum(path.stat().st_size for path in (tmp_path / "data" / "media").rglob("*.wav")) == SIZE
    )
