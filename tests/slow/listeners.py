"""Two models in two versions each, that say at once which version they are."""

import numpy as np

from audio.clip import Clip
from audio.models import Probabilities, WindowModel


class Listener(WindowModel):
    """The label it gives is its version."""

    labels = ("first", "second")
    window_seconds = 1.0

    def judge(self, window: Clip) -> Probabilities:
        return np.array([label == self.version for label in self.labels], np.float32)


class Genre(Listener):
    name, version = "genre-forest", "first"


class NextGenre(Genre):
    version = "second"


class Mood(Listener):
    name, version = "mood", "first"


class NextMood(Mood):
    version = "second"


FIRST, SECOND = (
    ",".join(f"tests.slow.listeners.{name}" for name in names)
    for names in (("Genre", "Mood"), ("NextGenre", "NextMood"))
)
