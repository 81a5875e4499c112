"""What models might have said of a song, without asking any."""

from datetime import timedelta

import numpy as np
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils.timezone import now

from apps.files.models import Track
from apps.jobs.models import Job
from apps.predictions import reading
from apps.predictions.models import (
    DriftLog,
    DriftLook,
    DriftWatch,
    PredictionModel,
    PredictionSet,
    Reference,
    Trial,
    packed,
)
from tests.web import shelf

GENRES = ["blues", "jazz", "rock"]
TRIED = "11111111-1111-4111-8111-111111111111"  # the job of a clip that was tried
WINDOW = 10.0  # seconds: two of them in a song of the shelf
SCORES = {
    "labels": GENRES,
    "by_artist": {"accuracy": 0.56, "low": 0.5, "high": 0.62, "calibration_error": 0.04},
    "random_split_leaky": {"accuracy": 0.71, "low": 0.66, "high": 0.75, "calibration_error": 0.1},
    "confusion": [[7, 2, 1], [0, 9, 1], [3, 0, 5]],
    "reliability": [
        {"low": 0.4, "high": 0.5, "songs": 12, "confidence": 0.46, "accuracy": 0.42},
        {"low": 0.9, "high": 1.0, "songs": 16, "confidence": 0.95, "accuracy": 0.94},
    ],
    "behaviour": {
        "songs": 16,
        "changes": {"noise at -20 dB": {"same": 0.75, "confidence_lost": 0.12, "accuracy": None}},
    },
    "sure": [{"confidence": 0.9, "share": 0.57, "accuracy": 0.94}],
}


def open_library(count: int) -> str:
    """A library whose newest song was heard, and a clip that was tried; its owner's cookie."""
    owner = get_user_model().objects.get()
    tracks = shelf.fill(owner, count)
    try_clip(owner, hear(tracks[0]))
    notice_drift(tracks)
    client = Client()
    client.force_login(owner)
    return client.cookies["sessionid"].value


def try_clip(owner, reference: Reference) -> None:
    """A trial, over, of which the same is said."""
    job = Job.objects.create(
        pk=TRIED, kind="listen", owner=owner, queue="fast", label="Listen to “clip.wav”",
        state=Job.State.DONE, ended_at=now(),
    )  # fmt: skip
    said = reading.answer(reference.sets.select_related("model"), float(shelf.SECONDS))
    Trial.objects.create(
        job=job, owner=owner, filename="clip.wav", answer=said | {"file": "clip.wav"}
    )


def notice_drift(tracks: list[Track]) -> DriftLog:
    """Two quiet looks at what arrives and one that raised an alarm, which some songs drive."""
    watch = DriftWatch.of("songs")
    rates = {"trials": 200, "window_units": 20, "ours": 0.045, "dummy": 0.93, "alpha": 0.05}
    watch.settle(
        state=DriftWatch.State.DRIFT,
        sentence="Drift: 20 new artists beside 60 earlier ones, p = 0.00016.",
        reach="With 20 artists: it would be noticed four times out of five if all were new.",
        looked_at=now(),
        rates=rates,
        measured_at=now(),
    )
    figures = {"p": 0.00016, "alpha": 0.002, "reference_units": 60, "window_units": 20}
    alarm = DriftLog.objects.create(
        watch=watch,
        cause="input",
        measure="features: MMD",
        statistic=0.31,
        effect=0.56,
        window_start=tracks[-1].created_at,
        window_end=tracks[0].created_at,
        power="It would be noticed four times out of five.",
        drivers=[
            {"group": "features", "name": name, "difference": away, "p": 0.001, "q": 0.01}
            for name, away in (("rms_mean", 1.9), ("tempo", -1.2))
        ],
        labels={"genre-forest": {"jazz": 0.4, "rock": -0.4}},
        songs=[str(track.pk) for track in tracks[:3]],
        **figures,
    )
    for days, p in ((60, 0.4), (30, 0.02), (0, 0.00016)):
        look = DriftLook.objects.create(
            watch=watch,
            alarm=None if days else alarm,
            effects={"features: MMD": 0.6 - days / 100, "labels: genre-forest": 0.1},
            **{**figures, "p": p},
        )
        DriftLook.objects.filter(pk=look.pk).update(made_at=now() - timedelta(days=days))
    return alarm


def hear(track: Track) -> Reference:
    """Jazz, then nobody knows; two tags in the second half; one word; a tempo and a key."""
    reference = Reference.objects.filter(track=track).get()
    reference.publish(
        [
            _said(
                track, _model("genre-ensemble", GENRES, 0), [[0.1, 0.8, 0.1], [0.34, 0.33, 0.33]]
            ),
            _said(track, _model("genre-forest", GENRES, 1), [[0.2, 0.7, 0.1], [0.1, 0.75, 0.15]]),
            _said(track, _model("tags", ["guitar", "80s"], 3, 0.3), [[0.1, 0.1], [0.4, 0.6]]),
            _said(track, _model("keywords", ["call"], 4, 0.9), [[0.95]], starts=[4.0], window=1.0),
            _said(track, _model("tempo", [], 5), [[], []], value=120.0, confidence=0.7),
            _said(track, _model("key", ["A minor"], 6), [[0.8], [0.6]]),
        ]
    )
    _model("genre-convnet", GENRES, 2, missing="The file convnet.hdf5 is not here; fetch it.")
    return reference


def _model(
    name: str, labels: list[str], place: int, threshold: float = 0.9, *, missing: str = ""
) -> PredictionModel:
    genre = name.startswith("genre")
    made, _ = PredictionModel.objects.get_or_create(
        name=name,
        version="test",
        defaults={
            "labels": labels,
            "threshold": threshold,
            "exclusive": name not in ("tags", "keywords"),
            "scores": SCORES if genre else {},
            "missing": missing,
            "place": place,
        },
    )
    return made


def _said(
    track: Track,
    model: PredictionModel,
    rows: list[list[float]],
    *,
    starts: list[float] | None = None,
    window: float = WINDOW,
    value: float | None = None,
    confidence: float | None = None,
) -> PredictionSet:
    array = np.array(rows, np.float32)
    overall = array.mean(axis=0)
    best = int(overall.argmax()) if len(overall) else 0
    named = len(overall) and (model.exclusive or overall[best] >= model.limit)
    return PredictionSet.objects.create(
        sha256=track.sha256,
        model=model,
        parameters_key="test",
        starts=starts or [number * window for number in range(len(rows))],
        window=window,
        array=packed(array),
        overall=packed(overall),
        label=model.labels[best] if named else "",
        confidence=float(overall[best]) if confidence is None else confidence,
        value=value,
        values=None if value is None else [value] * len(rows),
        created_at=now(),
    )
