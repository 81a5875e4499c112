"""PostgreSQL, Redis and an S3 store: the real programs, each in a process or thread of its own."""

import logging
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
import psycopg
import pytest
import redis
from botocore.exceptions import EndpointConnectionError

from tests.server import free_port, wait_for

BINARIES = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin")
BUCKET = "songs"
KEYS = {"aws_access_key_id": "nobody", "aws_secret_access_key": "nothing"}


@dataclass(frozen=True)
class Bucket:
    """An S3 bucket behind an address."""

    address: str
    name: str = BUCKET

    @property
    def rows(self) -> Any:
        """Its objects, as boto3 sees them."""
        s3 = boto3.resource("s3", endpoint_url=self.address, region_name="us-east-1", **KEYS)
        return s3.Bucket(self.name)

    @property
    def variables(self) -> dict[str, str]:
        """What the environment of a product says that stores here."""
        return {
            "AWS_S3_BUCKET": self.name,
            "AWS_S3_ENDPOINT_URL": self.address,
            "AWS_REGION": "us-east-1",
            **{name.upper(): value for name, value in KEYS.items()},
        }

    def contents(self) -> dict[str, int]:
        """Every key and its size."""
        return {item.key: item.size for item in self.rows.objects.all()}


def program(name: str) -> str:
    """Where a program lies; skips the test, aloud, on a machine without it."""
    elsewhere = [path for where in BINARIES for path in Path("/").glob(f"{where[1:]}/{name}")]
    found = shutil.which(name) or next(iter(sorted(map(str, elsewhere), reverse=True)), None)
    if found is None:
        pytest.skip(f"needs {name}, which is not installed here")
    return found


@contextmanager
def postgresql() -> Iterator[str]:
    """A fresh cluster; yields the address of an empty database.

    Not below pytest's own folder: nobody but its owner may enter that, and PostgreSQL refuses to
    run as root, so it runs as another user then.
    """
    initdb, postgres = program("initdb"), program("postgres")
    who = _someone_else() if os.geteuid() == 0 else {}
    with TemporaryDirectory(prefix="audiophile-postgresql-") as name:
        if who:
            shutil.chown(name, who["user"], who["group"])
        options: dict[str, Any] = {"cwd": name, **who}
        data, port = f"{name}/data", free_port()
        setup = [initdb, "-D", data, "-U", "audiophile", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(setup, check=True, capture_output=True, **options)
        serve = [postgres, "-D", data, "-k", name, "-p", str(port), "-c", "fsync=off"]
        with _running(serve, stop=signal.SIGINT, log=Path(name) / "log", **options):
            address = f"postgresql://audiophile@127.0.0.1:{port}/postgres"
            wait_for(lambda: _answers(lambda: psycopg.connect(address).close()))
            yield address


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A Redis that keeps nothing on disk; yields its address."""
    port = free_port()
    command = [program("redis-server"), "--port", str(port), "--bind", "127.0.0.1"]
    keep_nothing = ["--save", "", "--appendonly", "no", "--dir", str(folder)]
    with _running([*command, *keep_nothing], stop=signal.SIGTERM, log=folder / "redis.log"):
        address = f"redis://127.0.0.1:{port}/0"
        with redis.Redis.from_url(address) as client:
            wait_for(lambda: _answers(client.ping))
        yield address


@contextmanager
def s3_store() -> Iterator[Bucket]:
    """An S3 store over HTTP with one empty bucket."""
    moto = pytest.importorskip("moto.server", reason="needs moto (requirements-dev.txt)")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # it tells of every request
    port = free_port()
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    try:
        bucket = Bucket(f"http://127.0.0.1:{port}")
        bucket.rows.create()
        yield bucket
    finally:
        server.stop()


@contextmanager
def s3_process() -> Iterator[Bucket]:
    """The same in a process of its own, so that its memory is not ours."""
    bucket = Bucket(f"http://127.0.0.1:{free_port()}")
    port = bucket.address.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", port]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(lambda: _answers(lambda: bucket.rows.create()))
            yield bucket
        finally:
            server.kill()


def _someone_else() -> dict[str, Any]:
    """Whom PostgreSQL may run as when we are root."""
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    pytest.skip("PostgreSQL refuses to run as root, and there is no user postgres or nobody")


@contextmanager
def _running(
    command: list[str], *, stop: signal.Signals, log: Path, **options: Any
) -> Iterator[None]:
    """Run a server inside of this block."""
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, **options)
    try:
        yield
    finally:
        process.send_signal(stop)
        process.wait(30)


def _answers(ask: Any) -> bool:
    try:
        ask()
    except (psycopg.OperationalError, redis.ConnectionError, EndpointConnectionError):
        return False
    return True
