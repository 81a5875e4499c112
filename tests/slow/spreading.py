"""New versions of models spread over many songs, while workers are killed and people read."""

import itertools
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.server import ROOT, Api, Server, wait_for
from tests.slow.listeners import FIRST, SECOND

PER_TICK = 200
PATIENCE = 900  # seconds
KILLS = 3

FILL = """
import sys
from pathlib import Path
from typing import Any
import numpy as np
from django.conf import settings
from apps.accounts.services import ensure_owner
from apps.files import blobs
from apps.files.models import Track
from apps.predictions.models import PredictionModel, PredictionSet, Reference, packed
from apps.predictions.serving import todays_models
from audio import io
from audio.clip import Clip

def fill(count):
    path = settings.SCRATCH / "noise.wav"
    noise = np.random.default_rng(0).standard_normal((1, 22_050)) / 9
    io.write(path, Clip(noise.astype(np.float32), 22_050))
    blob = blobs.store(path, content_type="audio/wav", suffix=".wav")
    tracks = Track.objects.bulk_create([Track(
        owner=ensure_owner(), blob=blob, sha256=f"{n:064x}", filename=f"{n}.wav",
        title=f"Song {n}", state="ready", seconds=1.0) for n in range(count)])
    todays_models()
    models, key = list(PredictionModel.objects.able()), PredictionModel.objects.able().key()
    row = packed(np.array([[1.0, 0.0]]))
    for track in tracks:
        sets = [PredictionSet.objects.create(
            sha256=track.sha256, model=model, parameters=model.parameters,
            parameters_key=model.parameters_key, starts=[0.0], window=1.0, array=row,
            label="first", confidence=1.0) for model in models]
        Reference(track=track, models_key=key).publish(sets)
    print("filled")
"""
TICKS = """
import time
from apps.predictions.tasks import refresh_predictions
while True:
    for _ in range(2):
        refresh_predictions.delay()
    time.sleep(2)
"""
SWITCH = """
from apps.files.models import Track
from apps.predictions import history
from apps.predictions.models import Reference

def switch(pk, times):
    references = list(history.references(Track.objects.get(pk=pk)))
    for number in range(times):
        chosen = references[(number + 1) % 2]
        history.restore(history.references(chosen.track).get(pk=chosen.pk))
    print("switched", Reference.objects.current().filter(track=pk).count())
"""


class Library:
    """So many songs that were heard by the first versions, in a product that can be restarted."""

    def __init__(self, data: Path, songs: int) -> None:
        self.data, self.songs = data, songs
        self.server = Server(data, AUDIOPHILE_MODELS=FIRST)
        self.server.start()
        said = self.server.manage("shell", "-v", "0", "-c", f"{FILL}\nfill({songs})")
        assert said.endswith("filled"), said
        self.files = self.column("SELECT id FROM files_track")

    def bring_the_next(self) -> None:
        """Start again with the second versions."""
        self.server.stop()
        per_tick = str(PER_TICK)
        self.server = Server(
            self.data, AUDIOPHILE_MODELS=SECOND, AUDIOPHILE_REFRESH_PER_TICK=per_tick
        )
        self.server.start()

    def column(self, sql: str) -> list[Any]:
        """Straight from the rows: to look must not disturb."""
        rows = sqlite3.connect(f"file:{self.data / 'audiophile.sqlite3'}?mode=ro", uri=True)
        try:
            return [row[0] for row in rows.execute(sql)]
        finally:
            rows.close()

    def up_to_date(self) -> int:
        """Songs that are shown as the second versions heard them."""
        done = "SELECT count(*) FROM predictions_currentreference WHERE genre = 'second'"
        return int(self.column(done)[0])

    def spread(self) -> int:
        """Wait until it has reached all songs, with a `kill -9` of the worker at each quarter."""
        kills = 0
        deadline = time.monotonic() + PATIENCE
        with ticking(self.server):
            while (done := self.up_to_date()) < self.songs:
                assert time.monotonic() < deadline, f"{done} of {self.songs} songs in {PATIENCE} s"
                if kills < KILLS and done >= self.songs * (kills + 1) // (KILLS + 1):
                    self._kill()
                    kills += 1
                time.sleep(0.1)
        return kills

    def _kill(self) -> None:
        (worker,) = self.server.processes("fast@")
        wait_for(lambda: self.column("SELECT 1 FROM jobs_job WHERE state = 'running'"))
        worker.kill()
        worker.wait(5)
        wait_for(lambda: self.server.processes("fast@"))

    def left_over(self) -> dict[str, int]:
        """What is not as it should be, counted; all of it is zero."""
        whole = "published_at IS NOT NULL AND abandoned_at IS NULL"
        wrong = {
            "references in the making or abandoned":
                f"SELECT count(*) FROM predictions_reference WHERE NOT ({whole})",
            "songs without exactly two generations":
                f"SELECT {self.songs} - count(*) FROM (SELECT track_id FROM predictions_reference "
                f"WHERE {whole} GROUP BY track_id HAVING count(*) = 2)",
            "references without exactly two answers":
                "SELECT count(*) FROM (SELECT r.id FROM predictions_reference r LEFT JOIN "
                "predictions_reference_sets s ON s.reference_id = r.id GROUP BY r.id "
                "HAVING count(s.id) <> 2)",
            "songs without a current reference":
                f"SELECT {self.songs} - count(*) FROM predictions_currentreference",
            "jobs still to do":
                "SELECT count(*) FROM jobs_job WHERE state IN ('queued', 'running')",
        }  # fmt: skip
        return {what: self.column(sql)[0] for what, sql in wrong.items()}

    def switch(self, file: str, times: int) -> None:
        """Go back and forth between the two generations of a song."""
        said = self.server.manage("shell", "-v", "0", "-c", f"{SWITCH}\nswitch('{file}', {times})")
        assert said.endswith("switched 1"), said


@contextmanager
def ticking(server: Server) -> Iterator[None]:
    """Two ticks at once, every two seconds: more than any beat does."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", TICKS],
        cwd=ROOT, env=server.environment,
    )  # fmt: skip
    try:
        yield
    finally:
        process.kill()
        process.wait()


class Readers:
    """Read files over and over, and look whether each answer is of one generation."""

    def __init__(self, server: Server, files: list[str], count: int = 2) -> None:
        self.answers: Counter[str] = Counter()  # by the version they were of
        self.mixed: list[dict[str, Any]] = []
        self._known: dict[str, str] = {}  # version by reference
        self._over = threading.Event()
        api = server.api()
        self._threads = [
            threading.Thread(target=self._read, args=[api, files[start::count] or files])
            for start in range(count)
        ]

    def __enter__(self) -> "Readers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _read(self, api: Api, files: list[str]) -> None:
        for file in itertools.cycle(files):
            if self._over.is_set():
                return
            answer = requests.get(
                f"{api.url}/api/files/{file}", headers=dict(api.headers), timeout=60
            )
            self._look(answer.json())

    def _look(self, row: dict[str, Any]) -> None:
        said = [(one["model"], one["version"], one["label"]) for one in row["predictions"]]
        version = row["genre"]["label"]
        whole = said == [(model, version, version) for model in ("genre-forest", "mood")]
        if not whole or self._known.setdefault(row["reference"], version) != version:
            self.mixed.append(row)
        self.answers[version] += 1
