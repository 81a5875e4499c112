"""Which of a few words are said in a recording, and at which second."""

import hashlib
import os
from collections.abc import Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt

from audio.clip import Clip
from audio.errors import AudioError
from audio.models import Model, Tagging
from audio.progress import Report, ignore
from audio.pronunciation import pronunciations
from audio.speech import SAMPLE_RATE, is_speech
from audio.spotting import spotter

VERSION = "1"  # of this code; eight letters more where the words are others
UTTERANCES = "call,is,recorded"
STRETCH = 30.0  # s that are called speech or not
TELLING = 3.0  # s; of less than that at the end it is not asked again
FEWEST = 0.2  # s; no word is shorter
LONGEST, SHORTEST = 8.0, 3.0  # s of what is listened to at once
PAUSE = 0.1  # s

Array = npt.NDArray[np.float32]


class Keywords(Model):
    """Spots the words of AUDIOPHILE_UTTERANCES; one window a second of speech.

    Where nobody speaks (`audio.speech`) there is no window, and no label: music is not listened
    to for words. English only.
    """

    name = "keywords"
    sample_rate = SAMPLE_RATE
    window_seconds = 1.0
    threshold = 0.9
    exclusive = False

    def __init__(self, words: str | None = None) -> None:
        given = os.environ.get("AUDIOPHILE_UTTERANCES", UTTERANCES) if words is None else words
        found = dict.fromkeys(" ".join(word.split()).lower() for word in given.split(","))
        self.labels = tuple(word for word in found if word)
        self.version = _version(self.labels)

    @property
    def parameters(self) -> Mapping[str, float | str]:
        """What else the answer depends on: another list of words, another answer."""
        return {"words": ",".join(self.labels), "window_seconds": self.window_seconds}

    @cached_property
    def missing(self) -> str:
        """What keeps it from being asked here; empty when nothing."""
        if not self.labels:
            return "There are no words to listen for: AUDIOPHILE_UTTERANCES is empty."
        strange = [word for word in self.labels if not pronunciations(word)]
        if not strange:
            return ""
        named = ", ".join(f"“{word}”" for word in strange)
        return (
            f"Nobody knows how to pronounce {named}: "
            "write AUDIOPHILE_UTTERANCES in words of an English dictionary."
        )

    def listen(self) -> "KeywordListener":
        """Return a listener for one file."""
        return KeywordListener(self)


class KeywordListener:
    """Listens to one file for words; holds a minute of sound at most, and a row a second.

    Each stretch of 30 s is speech or not; what is left at the end, if it is too short to tell,
    is what the stretch before it was.
    """

    def __init__(self, model: Keywords) -> None:
        self._model = model
        self._stretch = np.zeros(0, np.float32)  # not yet called speech or not
        self._pending = np.zeros(0, np.float32)  # speech before it, from its last pause on
        self._heard = 0  # samples before those
        self._speech = False
        self._rows: dict[int, Array] = {}

    def hear(self, piece: Clip) -> None:
        """Take the next piece: mono, at 22,050 Hz (else ValueError)."""
        if piece.channels != 1 or piece.sample_rate != SAMPLE_RATE:
            raise ValueError("Words are listened for in mono sound at 22,050 Hz.")
        self._stretch = np.concatenate([self._stretch, piece.samples[0]])
        length = round(STRETCH * SAMPLE_RATE)
        while len(self._stretch) >= length:
            stretch, self._stretch = np.split(self._stretch, [length])
            self._judge(stretch)

    def tagging(self, report: Report = ignore) -> Tagging:
        """Say what was heard; no window at all where nobody spoke."""
        self._judge(self._stretch)
        self._listen(self._pending)
        report(1.0)
        rows = np.array(list(self._rows.values()), np.float32)
        rows = rows.reshape(-1, len(self._model.labels))
        starts = np.array(list(self._rows), np.float64)
        return Tagging.of(self._model, starts, rows, rows.max(axis=0, initial=0.0))

    def _judge(self, stretch: Array) -> None:
        """Listen to a stretch, to its last pause, when it is speech; else pass it by."""
        if len(stretch) >= TELLING * SAMPLE_RATE or not self._rows:
            self._speech = _spoken(stretch)
        if not self._speech:
            self._listen(self._pending)
            self._heard += len(stretch)
            return
        samples = np.concatenate([self._pending, stretch])
        while len(samples) > LONGEST * SAMPLE_RATE:
            cut = _pause(samples)
            self._listen(samples[:cut])
            samples = samples[cut:]
        self._pending = samples

    def _listen(self, samples: Array) -> None:
        """Listen to what ends in a pause, and keep a row for each second that it touches."""
        first, self._heard = self._heard, self._heard + len(samples)
        self._pending = np.zeros(0, np.float32)
        if not len(samples):
            return
        for second in range(first // SAMPLE_RATE, -(-self._heard // SAMPLE_RATE)):
            self._rows.setdefault(second, np.zeros(len(self._model.labels), np.float32))
        if len(samples) < FEWEST * SAMPLE_RATE:
            return
        for said in spotter(self._model.labels).spot(Clip(samples[None], SAMPLE_RATE)):
            row = self._rows[int(first / SAMPLE_RATE + said.second)]
            row[said.word] = max(row[said.word], said.confidence)


def _version(words: tuple[str, ...]) -> str:
    """Of other words than the default ones another: a model's labels never change under it."""
    named = ",".join(words)
    if named == UTTERANCES:
        return VERSION
    return f"{VERSION}-{hashlib.sha256(named.encode()).hexdigest()[:8]}"


def _spoken(samples: Array) -> bool:
    """Whether a stretch is speech; what is too short or silent is not."""
    try:
        return is_speech(Clip(samples[None], SAMPLE_RATE))
    except AudioError:
        return False


def _pause(samples: Array) -> int:
    """The middle of the quietest tenth of a second, three to eight seconds from the start."""
    length = round(PAUSE * SAMPLE_RATE)
    first, last = (round(edge * SAMPLE_RATE) for edge in (SHORTEST, LONGEST))
    frames = samples[first : first + (last - first) // length * length].reshape(-1, length)
    return first + int((frames**2).sum(axis=1).argmin()) * length + length // 2
