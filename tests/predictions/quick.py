"""Songs in rows alone, and a model that counts how often it is asked."""

from collections import Counter
from typing import ClassVar

import numpy as np

from apps.files.models import Blob, Track
from apps.predictions.models import PredictionModel, PredictionSet, Reference, packed
from apps.predictions.serving import todays_models
from audio.clip import Clip
from audio.models import Probabilities, WindowModel

GENRE = "tests.predictions.quick.Genre"
MOOD = "tests.predictions.quick.Mood"


class Quick(WindowModel):
    """Always says the same; tests give it other versions."""

    asked: ClassVar[Counter[str]] = Counter()

    def judge(self, window: Clip) -> Probabilities:
        self.asked[self.name] += 1
        return np.array([0.2, 0.8], np.float32)


class Genre(Quick):
    name, version = "genre-forest", "1"
    labels = ("blues", "jazz")


class Mood(Quick):
    name, version = "mood", "1"
    labels = ("sad", "glad")


def tracks(owner, count: int, *, first: int = 0, artist: str = "") -> list[Track]:
    """Songs that have been read and not heard; they share their bytes' place."""
    blob, _ = Blob.objects.get_or_create(
        storage="local", key="quick", defaults={"size": 1, "sha256": "quick"}
    )
    return Track.objects.bulk_create(
        Track(
            owner=owner, blob=blob, sha256=f"{number:064x}", filename=f"{number}.wav",
            title=f"Song {number}", artist=artist, state=Track.State.READY, seconds=30.0,
        )
        for number in range(first, first + count)
    )  # fmt: skip


def heard(songs: list[Track], **said: str) -> None:
    """Give songs what today's models are to have said of them: `genre_forest="jazz"`."""
    todays_models()
    models = list(PredictionModel.objects.able())
    for song in songs:
        made = [_said(song, model, said) for model in models]
        reference = Reference(track=song, models_key=PredictionModel.objects.able().key())
        reference.publish(made)


def _said(song: Track, model: PredictionModel, said: dict[str, str]) -> PredictionSet:
    label = said.get(model.name.replace("-", "_"), model.labels[-1])
    row = np.array([0.8 if name == label else 0.2 for name in model.labels])
    made, _ = PredictionSet.objects.get_or_create(
        sha256=song.sha256,
        model=model,
        parameters_key=model.parameters_key,
        defaults={
            "parameters": model.parameters,
            "starts": [0.0],
            "window": 30.0,
            "array": packed(row[None]),
            "overall": packed(row),
            "label": label,
            "confidence": 0.8,
        },
    )
    return made
