"""Two gigabytes between the disk and a bucket, in bounded memory; figures are printed."""

import contextlib
import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.server import ROOT
from tests.slow.outside import Bucket, s3_process

pytestmark = pytest.mark.slow
SIZE = 2 * 2**30  # bytes
ALLOWED = 100 * 2**20  # bytes of memory for what moves, beyond what an idle process has

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


def test_moving_there_and_back_takes_little_memory(tmp_path):
    with s3_process() as bucket:
        _move_there_and_back(bucket, tmp_path)


def _move_there_and_back(bucket: Bucket, tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    environment |= bucket.variables | {
        "AUDIOPHILE_DATA": str(tmp_path / "data"), "AUDIOPHILE_STORAGE": "local",
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
