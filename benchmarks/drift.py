"""Drift: false alarms, quiet weeks, power and cost, beside the rules of the field."""

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from audio.drift.check import check
from audio.drift.measures import Cloud, false_discovery
from audio.drift.rows import Flags, Indices, Numbers, Rows, split, units_in
from audio.drift.shuffles import chance
from audio.drift.trials import naive_alarm, naive_p
from audio.drift.watch import Watch
from audio.features import FEATURES
from benchmarks import drift_cost
from benchmarks.rows import Row
from training import table

TRIALS = int(os.environ.get("AUDIOPHILE_DRIFT_TRIALS", "150"))
WEEKS = 200
UPLOADS = 12  # a day
TICKS = 720  # a day
RULES = ("KS, any p<.05", "KS, half the columns", "KS + BH song by song", "MMD song by song")
TITLE = f"{TRIALS} trials each (AUDIOPHILE_DRIFT_TRIALS=500 for more), beside rules of the field"

Alarms = npt.NDArray[np.float64]


def measure(data: Path) -> Iterator[Row]:
    """Draw windows with and without drift, live through quiet weeks, and weigh a large library."""
    rows = _rows(data / "gtzan")
    for size in (15, 25, 40):
        alarms = _alarms(rows, size, [np.ones(len(rows), bool)])
        yield from _beside(f"false alarms, windows of {size} artists", alarms, "≤ 6 %")
    yield from _beside(
        "noticed, three genres, 40 artists", _alarms(rows, 40, _trios(rows)), "≥ 60 %"
    )
    yield _weeks(rows)
    yield from _cost()


def _rows(folder: Path) -> Rows:
    songs = table.read(folder / "features_30_sec.csv")
    return Rows(
        songs.artists.tolist(),
        {
            "features": Numbers(songs.features, FEATURES),
            "embedding": Numbers(np.load(folder / "convnet_160.npy", allow_pickle=False)),
        },
        {"genre": songs.labels.tolist()},
    )


def _beside(what: str, alarms: Alarms, goal: str) -> Iterator[Row]:
    ours, *rules = (100 * alarms.mean(axis=0)).tolist()
    for rule, peer in zip(RULES, rules, strict=True):
        yield Row(f"{what} (beside: {rule})", peer, ours, "%", goal)


def _alarms(rows: Rows, size: int, pools: list[Flags]) -> Alarms:
    """Ours and the field's, on windows of whole artists of one pool: [trials, rules]."""
    generator = np.random.default_rng(0)
    units = units_in(rows.clusters)[1]
    alarms = []
    for trial in tqdm(range(TRIALS), desc=f"{size} artists", disable=None):
        pool = pools[generator.integers(len(pools))]
        chosen = generator.permutation(np.unique(units[pool]))[:size]
        window = np.isin(units, chosen) & pool
        found = check(rows.take(~window), rows.take(window), seed=trial, reaching=False)
        alarms.append((found.state == "drift", *_field(rows, window, trial)))
    return np.array(alarms, np.float64)


def _trios(rows: Rows) -> list[Flags]:
    """The songs of each three genres that have 48 artists together."""
    units, genres = units_in(rows.clusters)[1], np.array(rows.labels["genre"])
    pools = [np.isin(genres, trio) for trio in combinations(np.unique(genres), 3)]
    return [pool for pool in pools if len(np.unique(units[pool])) >= 48]


def _field(rows: Rows, window: Flags, seed: int) -> tuple[bool, ...]:
    """The rules of the field, in the order of `RULES`: a song is their unit."""
    (p,) = naive_p(rows, window)
    cloud = Cloud("features", rows.numbers["features"].values.astype(np.float64))
    shuffled = chance([cloud], window, _zeros(window), shuffles=99, seed=seed)
    return (
        bool((p < 0.05).any()),
        bool((p < 0.05).mean() >= 0.5),
        bool((false_discovery(p) <= 0.05).any()),
        shuffled.p <= 0.05,
    )


def _zeros(window: Flags) -> Indices:
    return np.zeros(len(window), np.intp)


def _weeks(rows: Rows) -> Row:
    """Share of weeks with any alarm: half of them by artist, half song by song."""
    generator = np.random.default_rng(1)
    alarms = []
    for week in tqdm(range(WEEKS), desc="weeks", disable=None):
        order = generator.permutation(len(rows))
        if week % 2:
            units = generator.permutation(len(rows))[units_in(rows.clusters)[1]]
            order = order[np.argsort(units[order], kind="stable")]
        alarms.append(_week(rows.take(order), week))
    ours, peer = 100 * np.mean(alarms, axis=0)
    what = f"quiet weeks with any alarm, {WEEKS} (beside: KS, any p<.05, at our looks only)"
    return Row(what, float(peer), float(ours), "%", "≤ 5 %")


def _week(rows: Rows, seed: int) -> tuple[bool, bool]:
    """Whether there was an alarm in a week of ticks: ours, and the naive rule's."""
    known = len(rows) - 7 * UPLOADS
    arrived = np.maximum(0.0, (np.arange(len(rows)) - known + 1) / UPLOADS)
    watch, ours, naive = Watch.start(0.0), False, False
    for tick in range(7 * TICKS):
        day = tick / TICKS
        here = int(np.searchsorted(arrived, day, side="right"))
        if watch.due(day, arrived[:here], rows.clusters[:here]):
            sides = split(rows.clusters[:here])
            before, after = rows.take(sides.reference), rows.take(sides.window)
            alpha = watch.allowed(day)
            found = check(before, after, alpha=alpha, seed=seed + tick, reaching=False)
            flags = np.isin(np.arange(here), sides.window)
            ours |= found.state == "drift"
            naive |= naive_alarm(rows.take(np.arange(here)), flags)
            watch = watch.looked(day, float(arrived[here - 1]))
    return ours, naive


def _cost() -> Iterator[Row]:
    """A check over a large library, in a process of its own that loads only what is chosen."""
    with TemporaryDirectory() as folder:
        drift_cost.write(Path(folder))
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.drift_cost", folder],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
    quiet, worst, megabytes = map(float, done.stdout.split())
    what = f"a check over {drift_cost.SONGS:,} tracks"
    yield Row(f"{what}, CPU seconds, no drift", None, quiet, "s", "≤ 2 s")
    yield Row(f"{what}, CPU seconds, drift", None, worst, "s", "≤ 2 s")
    yield Row(f"{what}, MB of the whole process", None, megabytes, "", "≤ 300")
