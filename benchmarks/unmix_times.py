"""What is foretold and what comes true; how soon a cancelled job is over; asking second."""

import json
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from audio.random_model import write_random_model
from benchmarks.rows import Row
from benchmarks.unmix_stage import Stage
from tests.server import wait_for

TITLE = "times foretold, cancelling, asking second; the service we grew from has none of it"
SONGS = 21  # the first only teaches
LONGEST = 300.0  # seconds of a song; the shortest has a fifth
CLOSE = 0.2  # of the truth
CANCELS = 6
PAUSES = (0.5, 4.0)  # seconds after a job's first batch, between which it is cancelled


def measure(data: Path, longest: float = LONGEST) -> Iterator[Row]:
    """Run the product on folders of its own; `data` is not needed. `longest` song in seconds."""
    dice = np.random.default_rng(7)
    lengths = [round(float(dice.uniform(longest / 5, longest)), 1) for _ in range(SONGS)]
    with TemporaryDirectory() as folder:
        stage = Stage(Path(folder), [*lengths, *lengths], people=2)
        try:
            yield from _foretold(stage)
            yield from _asked_second(stage)
        finally:
            stage.stop()
    with TemporaryDirectory() as folder:
        yield from _cancelled(Path(folder))


def _foretold(stage: Stage) -> Iterator[Row]:
    """One by one on a free worker; then as many at once, where waiting is part of it."""
    errors = []
    for song in range(SONGS):
        job = stage.ask(song)["job"]
        errors.append(_off(job["seconds_left"], _ended(stage, job["id"])))
    yield from _errors("seconds left when asked, one by one", errors[1:])
    queued = [stage.ask(song)["job"] for song in range(SONGS, 2 * SONGS)]
    yield from _errors(
        "… and all at once, waiting included",
        [_off(job["seconds_left"], _ended(stage, job["id"])) for job in queued[1:]],
    )


def _errors(what: str, errors: list[float]) -> Iterator[Row]:
    close = sum(error <= CLOSE for error in errors)
    yield Row(f"{what}: within 20 % of {len(errors)}", None, float(close), "", "≥ 18")
    yield Row("… how far off: the middle one", None, 100 * median(errors), "%")
    yield Row("… and the worst", None, 100 * max(errors), "%")


def _off(foretold: float, job: dict[str, Any]) -> float:
    """Share by which it was wrong about how long it was until the end."""
    asked, ended = (datetime.fromisoformat(job[name]) for name in ("created_at", "ended_at"))
    truth = (ended - asked).total_seconds()
    return abs(foretold - truth) / truth


def _ended(stage: Stage, job: str) -> dict[str, Any]:
    def over() -> dict[str, Any] | None:
        row: dict[str, Any] = stage.apis[0].get(f"/jobs/{job}").json()
        assert row["state"] in ("queued", "running", "done"), row["error"]
        return row if row["state"] == "done" else None

    row: dict[str, Any] = wait_for(over, 1200)
    return row


def _asked_second(stage: Stage) -> Iterator[Row]:
    """Somebody else has the same recordings."""
    jobs = "SELECT count(*) FROM jobs_job WHERE kind = 'separate'"
    before, times = stage.number(jobs), []
    for song in range(SONGS):
        began = time.monotonic()
        row = stage.ask(song, person=1)
        times.append(time.monotonic() - began)
        assert row["state"] == "done", row
    yield Row("a second person asks: slowest answer, ms", None, 1000 * max(times), "", "≤ 200")
    yield Row("… middle answer, ms", None, 1000 * median(times))
    yield Row("… jobs that this made", None, stage.number(jobs) - before, "", "0")


def _cancelled(folder: Path) -> Iterator[Row]:
    """On a network of full size: from the request until the worker has begun something else."""
    write_random_model(folder / "models")
    lengths = [600.0 + song for song in range(CANCELS)] + [5.0] * CANCELS
    models = str(folder / "models")
    stage = Stage(folder / "data", lengths, AUDIOPHILE_DEMUCS_MODELS=models)
    dice = np.random.default_rng(1)
    try:
        times = [_cancel(stage, song, float(dice.uniform(*PAUSES))) for song in range(CANCELS)]
    finally:
        stage.stop()
    what = f"cancel, full-size htdemucs, {CANCELS} times: until the worker is free"
    yield Row(f"{what}, the slowest", None, max(times), "s", "≤ 5 s")
    yield Row("… the middle one", None, median(times), "s")


def _cancel(stage: Stage, song: int, pause: float) -> float:
    api = stage.apis[0]
    job = stage.ask(song, engine="htdemucs")["job"]["id"]
    wait_for(lambda: _working(api.get(f"/jobs/{job}").json()), 600)
    time.sleep(pause)
    next_one = stage.ask(CANCELS + song)["job"]["id"]
    asked = time.time()
    api.post(f"/jobs/{job}/cancel").raise_for_status()
    row = wait_for(lambda: _begun(api.get(f"/jobs/{next_one}")), 120)
    _ended(stage, next_one)
    return datetime.fromisoformat(row["started_at"]).timestamp() - asked


def _working(row: dict[str, Any]) -> bool:
    assert row["error"] is None, row["error"]
    return bool(row["progress"] > 0)


def _begun(answer: Any) -> dict[str, Any] | None:
    row: dict[str, Any] = json.loads(answer.text)
    return row if row["started_at"] else None
