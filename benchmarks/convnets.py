"""The pretrained networks: how near to their authors' numbers, how fast, and on what clips."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from audio import convnet, io, weights
from audio.clip import Clip
from audio.tagger import TAGS, Tagger
from benchmarks.rows import Row
from benchmarks.timing import timed

TITLE = "ours beside what the authors of the networks published"
RATE = 22_050
LEFT_OUT = 528  # samples that the tagger's authors' decoder dropped at the beginning of a file

Values = npt.NDArray[np.float64]


def measure(data: Path) -> Iterator[Row]:
    """Compare the convnet's vectors and the tagger's scores, where their weights are here."""
    for name in ("convnet", "tagger"):
        if not weights.find(name):
            raise FileNotFoundError(weights.missing(name) or f"manage.py models fetch {name}")
    yield from _vectors(data / "gtzan")
    yield from _scores(data / "clips" / "tagger")


def _vectors(data: Path) -> Iterator[Row]:
    """How far the 160 numbers of a song are from the published ones, by their length."""
    with (data / "features_30_sec.csv").open(newline="", encoding="utf-8") as file:
        songs = [row["song"] for row in csv.DictReader(file)]
    published = np.load(data / "convnet_160.npy", allow_pickle=False)
    away, seconds = [], []
    for path in sorted((data / "audio").glob("*.flac")):
        truth = published[songs.index(path.stem)]
        clip = io.read(path, sample_rate=RATE, channels=1)
        vector, took = timed(convnet.embedding, clip)
        away.append(np.linalg.norm(vector - truth) / np.linalg.norm(truth))
        seconds.append(took)
    what = f"relative error of the 160 numbers x 1000, {{}} of {len(away)} songs"
    yield Row(what.format("median"), None, 1000 * float(np.median(away)))
    yield Row(what.format("worst"), None, 1000 * float(np.max(away)), goal="≤ 2")
    yield Row("seconds for them, 30 s of sound", None, float(np.median(seconds)), "s", "≤ 0.1")


def _scores(data: Path) -> Iterator[Row]:
    """How far the scores of the ten highest tags are from the published ones."""
    expected: dict[str, Any] = json.loads((data / "expected.json").read_text(encoding="utf-8"))
    away, seconds = [], []
    for name, scores in expected.items():
        if name == "note":
            continue
        clip = io.read(data / f"{name}.mp3", sample_rate=RATE, channels=1)
        heard = Clip(clip.samples[:, LEFT_OUT:], RATE)
        ours, took = timed(Tagger().judge, heard)
        away += [abs(ours[TAGS.index(tag)] - score) for tag, score in scores.items()]
        seconds.append(took)
    yield Row("scores of the tagger: worst difference", None, float(np.max(away)), "", "≤ 0.001")
    yield Row("seconds for 50 tags, 30 s of sound", None, float(np.median(seconds)), "s")
