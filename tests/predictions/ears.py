"""Models for tests: they say at once what they always say."""

import numpy as np

from audio.clip import Clip
from audio.models import Probabilities, Vector, WindowModel


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


class Describer(WindowModel):
    """Tells what it judges by: how long a window is, and one."""

    name, version = "genre-forest", "test"
    labels = ("blues", "jazz")
    vector_names = ("seconds", "one")

    def judge(self, window: Clip) -> Probabilities:
        return np.array([0.4, 0.6], np.float32)

    def describe(self, window: Clip) -> Vector:
        return np.array([window.seconds, 1.0], np.float32)


class Broken(WindowModel):
    """Somebody's own, with a mistake in it."""

    name, version = "mine", "1"
    labels = ("a", "b")
    window_seconds = 2.0

    def judge(self, window: Clip) -> Probabilities:
        return np.array([0.1, 0.2, 0.7], np.float32)


class Renamed(Tagger):
    """Of the same version as `Tagger`, and has other words."""

    labels = ("Pop", "flute")

    def judge(self, window: Clip) -> Probabilities:
        return np.array([0.9, 0.6], np.float32)


class Nameless(Tagger):
    """Has a name that no row has room for."""

    name = "n" * 41
