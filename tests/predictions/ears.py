"""Models for tests: they say at once what they always say."""

import numpy as np

from audio.clip import Clip
from audio.models import Probabilities, WindowModel


class Tagger(WindowModel):
    """Hears rock and an organ in everything, the organ rather less."""

    name, version = "tags", "test"
    labels = ("Rock", "organ", "silence")
    window_seconds = 2.0
    threshold = 0.5
    exclusive = False

    def judge(self, window: Clip) -> Probabilities:
        return np.array([0.9, 0.6, 0.1], np.float32)


class Ensemble(WindowModel):
    """Is sure of jazz, though it has heard half of what it could."""

    name, version = "genre-ensemble", "test"
    labels = ("blues", "jazz")
    window_seconds = 4.0

    @property
    def parameters(self) -> dict[str, float | str]:
        return {"heard": "features"}

    def judge(self, window: Clip) -> Probabilities:
        return np.array([0.05, 0.95], np.float32)


class Absent(WindowModel):
    """Cannot be asked."""

    name, version = "genre-convnet", "test"
    labels = ("blues", "jazz")
    missing = "Its weights are not here."  # type: ignore[assignment]

    def judge(self, window: Clip) -> Probabilities:
        raise AssertionError("It is not to be asked.")
