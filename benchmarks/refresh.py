"""References: a look that finds nothing new, a new version that spreads, and readers meanwhile."""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.rows import Row
from tests.server import Server, wait_for
from tests.slow.spreading import Library, Readers

TITLE = "what it costs to stay up to date; no peer was measured (the field infers them all again)"
UNCHANGED = 10_000
SONGS = 1000
SWITCHES = 1000
TICKS = 5
TICK = """
import json, time
from django.utils.timezone import now
from apps.accounts.services import ensure_owner
from apps.files.models import Blob, Track
from apps.jobs.models import Job
from apps.predictions.models import (
    CurrentReference, PredictionModel, PredictionSet, Reference, Tick)
from apps.predictions.refresh import refresh
from apps.predictions.serving import todays_models

def fill(count):
    todays_models()
    key = PredictionModel.objects.able().key()
    blob = Blob.objects.create(storage="local", key="bench", size=1, sha256="bench")
    tracks = Track.objects.bulk_create([Track(
        owner=ensure_owner(), blob=blob, sha256=f"{n:064x}", filename=f"{n}.wav",
        title=f"Song {n}", state="ready", seconds=180.0) for n in range(count)], 500)
    made = Reference.objects.bulk_create(
        [Reference(track=track, models_key=key, published_at=now()) for track in tracks], 500)
    CurrentReference.objects.bulk_create([CurrentReference(
        track=one.track, reference=one, models_key=key, genre="jazz") for one in made], 500)

def look(times):
    rows = (PredictionSet, Reference, Job)
    before = [kind.objects.count() for kind in rows]
    refresh()
    ticks, seconds = Tick.objects.count(), []
    for _ in range(times):
        began = time.perf_counter()
        refresh()
        seconds.append(time.perf_counter() - began)
    new = sum(kind.objects.count() for kind in rows) - sum(before)
    print(json.dumps([max(seconds), (Tick.objects.count() - ticks) / times, new]))
"""


def measure(data: Path) -> Iterator[Row]:
    """Run the product on folders of its own; `data` is not needed."""
    with TemporaryDirectory() as folder:
        yield from _unchanged(Path(folder))
    with TemporaryDirectory() as folder:
        library = Library(Path(folder), SONGS)
        try:
            yield from _spread(library)
            yield from _switched(library)
        finally:
            library.server.stop()


def _unchanged(folder: Path) -> Iterator[Row]:
    """The shipped models, and a worker that has looked once before."""
    server = Server(folder)
    server.manage("migrate", "-v", "0")
    said = server.manage("shell", "-v", "0", "-c", f"{TICK}\nfill({UNCHANGED})\nlook({TICKS})")
    seconds, ticks, rows = json.loads(said.splitlines()[-1])
    what = f"a look at {UNCHANGED} unchanged songs"
    yield Row(f"{what}, the slowest of {TICKS}", None, seconds, "s", "≤ 0.5 s")
    yield Row("… tick rows each", None, ticks, "", "1")
    yield Row("… answers, references and jobs made", None, rows, "", "0")


def _spread(library: Library) -> Iterator[Row]:
    """A new version of both models, and readers all the while."""
    library.bring_the_next()
    with Readers(library.server, library.files) as readers:
        kills = library.spread()
    wait_for(lambda: library.left_over()["jobs still to do"] == 0)
    what = f"a new version over {SONGS} songs, worker killed {kills} times"
    yield Row(f"{what}: songs it did not reach whole and once", None, _wrong(library), "", "0")
    yield from _read(readers)


def _wrong(library: Library) -> float:
    return float(sum(library.left_over().values()) + library.songs - library.up_to_date())


def _switched(library: Library) -> Iterator[Row]:
    with Readers(library.server, library.files[:1]) as readers:
        library.switch(library.files[0], SWITCHES)
    yield from _read(readers, f"{SWITCHES} switches of one song: ")


def _read(readers: Readers, when: str = "… ") -> Iterator[Row]:
    yield Row(f"{when}answers meanwhile", None, float(sum(readers.answers.values())))
    yield Row("… of them not of exactly one reference", None, float(len(readers.mixed)), "", "0")
