"""The product with songs that nobody had to upload, and the rows as they are behind its back."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.server import ROOT, Api, Server
from tests.slow.listeners import FIRST

FILL = """
import json
from pathlib import Path
import numpy as np
from django.conf import settings
from apps.accounts.models import User
from apps.accounts.services import ensure_owner
from apps.files import blobs
from apps.files.models import Track
from audio import io
from audio.clip import Clip
from audio.compose import DEMO, compose

def music():
    return np.concatenate([compose(spec).mix.samples for spec in DEMO], axis=1)

def write(path, piece, seconds, loud):
    left = round(seconds * 44_100)
    with io.Writer(path, sample_rate=44_100, channels=2) as writer:
        while left:
            part = piece[:, :left]
            writer.write(Clip(np.ascontiguousarray(part * np.float32(loud)), 44_100))
            left -= part.shape[1]

def fill(lengths, people):
    owners = [ensure_owner()] + [User.objects.get_or_create(username=f"person-{n}")[0]
                                 for n in range(1, people)]
    piece, made = music(), []
    for number, seconds in enumerate(lengths):
        path = settings.SCRATCH / "song.flac"
        write(path, piece, seconds, 1 - number / 1000)
        blob = blobs.store(path, content_type="audio/flac")
        path.unlink(missing_ok=True)
        made.append([str(Track.objects.create(
            owner=owner, blob=blob, sha256=blob.sha256, filename=f"{number}.flac", state="ready",
            title=f"Song {number}", seconds=seconds, channels=2, sample_rate=44_100).pk)
            for owner in owners])
    print(json.dumps(made))
"""


class Stage:
    """A product on a folder of its own; every song belongs to each of the people.

    Its songs are heard by models that cost nothing, so that unmixing has the machine to itself.
    """

    def __init__(
        self, data: Path, lengths: Sequence[float], *, people: int = 1, **variables: str
    ) -> None:
        self.data = data
        self.server = Server(data, AUDIOPHILE_MODELS=FIRST, **variables)
        self.server.start()
        script = f"{FILL}\nfill({list(lengths)}, {people})"
        said = self.server.manage("shell", "-v", "0", "-c", script)
        self.songs: list[list[str]] = json.loads(said.splitlines()[-1])
        self.apis = [self._api(number) for number in range(people)]

    def _api(self, person: int) -> Api:
        if not person:
            return self.server.api()
        secret = self.server.manage("token", "make", f"person-{person}", "benchmark")
        return Api(self.server.url, secret)

    def ask(self, song: int, person: int = 0, **wish: Any) -> dict[str, Any]:
        """Ask for the stems of a song; the answer of the API."""
        api = self.apis[person]
        answer = api.post("/separations", json={"file": self.songs[song][person], **wish})
        answer.raise_for_status()
        row: dict[str, Any] = answer.json()
        return row

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Straight from the database: to look must not disturb."""
        file = sqlite3.connect(f"file:{self.data / 'audiophile.sqlite3'}?mode=ro", uri=True)
        try:
            return file.execute(sql, values).fetchall()
        finally:
            file.close()

    def number(self, sql: str) -> float:
        """The one number that a query is for."""
        return float(self.rows(sql)[0][0])

    def stop(self) -> None:
        """Stop all that was started."""
        self.server.stop()

    def second_worker(self) -> "subprocess.Popen[bytes]":
        """Start one more heavy worker, which nobody keeps alive."""
        celery = [sys.executable, "-m", "celery", "-A", "audiophile", "worker"]
        options = ["-Q", "heavy", "-n", "second@%h", "-P", "solo", "-l", "WARNING"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        with (self.data / "second.log").open("ab") as log:
            return subprocess.Popen(
                [*celery, *options, *quiet],
                cwd=ROOT, env=self.server.environment, stdout=log, stderr=log,
            )  # fmt: skip
