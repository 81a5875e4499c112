"""What a model is: something that hears a file and says what it heard, window by window."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from audio.clip import Clip
from audio.errors import AudioError, Silent, TooShort
from audio.progress import Report, ignore
from audio.windows import Windows

QUIETEST = 1e-4  # linear peak (-80 dB) below which a window counts as silence
SHORTEST = 0.5  # s; less is too little for a judgement
ROUNDING = 1e-5  # by which a probability may exceed 1

Probabilities = npt.NDArray[np.float32]
Vector = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Tagging:
    """What one model says of one file.

    `probabilities` is float32 [windows, labels] and `starts` float64 [windows]: the second at
    which each window of `window_seconds` begins. `label`, `confidence` (0..1) and `overall`
    [labels] speak for the whole file. Where the answer is a number (BPM), `value` is the file's
    and `values` [windows] the windows'. `exclusive` says that one label excludes the others.
    `vector` is what the model judged by, the mean over the windows; None where it tells nobody.
    """

    model: str
    version: str
    parameters: Mapping[str, float | str]
    labels: tuple[str, ...]
    probabilities: Probabilities
    starts: npt.NDArray[np.float64]
    window_seconds: float
    label: str
    confidence: float
    value: float | None = None
    threshold: float = field(default=0.9, kw_only=True)
    exclusive: bool = field(default=True, kw_only=True)
    overall: Probabilities = field(default_factory=lambda: np.zeros(0, np.float32), kw_only=True)
    values: npt.NDArray[np.float32] | None = field(default=None, kw_only=True)
    vector: Vector | None = field(default=None, kw_only=True)

    @classmethod
    def of(
        cls,
        model: "Model",
        starts: npt.NDArray[np.float64],
        probabilities: Probabilities,
        overall: Probabilities,
        vector: Vector | None = None,
    ) -> "Tagging":
        """Return what a model says, given its windows and what they come to for the file.

        The file gets the most probable label: always where one excludes the others, else only
        from the model's threshold on.
        """
        best = int(overall.argmax())
        named = model.exclusive or overall[best] >= model.threshold
        return cls(
            model=model.name,
            version=model.version,
            parameters=model.parameters,
            labels=model.labels,
            probabilities=probabilities,
            starts=starts,
            window_seconds=model.window_seconds,
            label=model.labels[best] if named else "",
            confidence=float(overall[best]),
            threshold=model.threshold,
            exclusive=model.exclusive,
            overall=overall,
            vector=vector,
        )


class Listener(Protocol):
    """Hears one file from beginning to end, in pieces of any length, and then speaks."""

    def hear(self, piece: Clip) -> None:
        """Take the next piece: mono, at the model's sample rate."""

    def tagging(self, report: Report = ignore) -> Tagging:
        """Say what was heard. Raises an `AudioError` when nothing can be said."""


class Model(ABC):
    """Anything that can tag a file.

    A new model is a subclass, with its dotted path in AUDIOPHILE_MODELS; most are `WindowModel`.
    """

    name: str
    version: str
    labels: tuple[str, ...] = ()
    sample_rate: int = 22_050
    window_seconds: float = 30.0
    threshold: float = 0.9
    exclusive: bool = True
    """Whether one label excludes the others: probabilities then sum to 1."""

    @property
    def parameters(self) -> Mapping[str, float | str]:
        """What else the answer depends on: other parameters, another answer."""
        return {"window_seconds": self.window_seconds}

    @property
    def missing(self) -> str:
        """What keeps this model from being asked here, and the way out; empty when nothing."""
        return ""

    def prepare(self, report: Report = ignore) -> None:
        """Fetch what is needed and not here yet; asked once, ahead of each file.

        Parameters
        ----------
        report : Report
            Told the fraction done; it may raise to cancel.

        Raises
        ------
        audio.weights.WeightsMissing
            If it cannot be had. The model is then left out.
        """
        report(1.0)

    @abstractmethod
    def listen(self) -> Listener:
        """Return a fresh listener for one file."""


class WindowModel(Model):
    """A model that judges windows one by one; it then hears files of any length."""

    vector_names: tuple[str, ...] = ()
    """What the numbers of `describe` are called, where they have names."""

    @abstractmethod
    def judge(self, window: Clip) -> Probabilities:
        """Say how probable each label is in one window.

        Parameters
        ----------
        window : Clip [shape=(1, n)]
            Mono, at the model's sample rate, neither silent nor shorter than half a second;
            shorter than `window_seconds` only when the file is.

        Returns
        -------
        np.ndarray [shape=(labels,)]
            float32, 0..1; anything else is refused.
        """

    def describe(self, window: Clip) -> Vector | None:
        """Return the numbers that a window is judged by, for those who watch what arrives.

        Parameters
        ----------
        window : Clip [shape=(1, n)]
            As `judge` takes it, and judged before.

        Returns
        -------
        np.ndarray [shape=(numbers,)] or None
            float32, as many for every window; None when the model keeps them to itself.
        """
        return None

    def predict(self, clip: Clip) -> Probabilities:
        """Say how probable each label is, window by window.

        Parameters
        ----------
        clip : Clip [shape=(1, n)]
            Mono, at the model's sample rate, of any length.

        Returns
        -------
        np.ndarray [shape=(windows, labels)]
            float32, 0..1. Silent windows are left out.

        Raises
        ------
        TooShort, Silent
            When there is nothing to judge.
        ValueError
            If the clip is not mono at the model's sample rate.
        """
        listener = self.listen()
        listener.hear(clip)
        return listener.tagging().probabilities

    def overall(self, probabilities: Probabilities) -> Probabilities:
        """Sum up the windows [windows, labels] for the file [labels]: their mean."""
        mean: Probabilities = probabilities.mean(axis=0)
        return mean

    def listen(self) -> "WindowListener":
        """Return a listener for one file."""
        return WindowListener(self)


class WindowListener:
    """Asks a model about the windows of one file as they come."""

    def __init__(self, model: WindowModel) -> None:
        self._model = model
        self._windows = Windows(model.sample_rate, model.window_seconds)
        self._starts: list[float] = []
        self._rows: list[Probabilities] = []
        self._vectors: list[Vector] = []
        self._reason: AudioError = TooShort("The recording is shorter than half a second.")

    def hear(self, piece: Clip) -> None:
        """Take the next piece: mono, at the model's sample rate."""
        for window in self._windows.hear(piece):
            self.judge(window.start, window.clip)

    def judge(self, start: float, clip: Clip) -> None:
        """Take a whole window; silent ones and those it can say nothing of are left out.

        Raises
        ------
        ValueError
            If the model does not answer with a probability for each of its labels.
        """
        try:
            row = _answer(self._model, self._model.judge(_heard(clip)))
        except AudioError as reason:
            self._reason = reason
            return
        self._starts.append(start)
        self._rows.append(row)
        if (vector := self._model.describe(clip)) is not None:
            self._vectors.append(vector)

    def tagging(self, report: Report = ignore) -> Tagging:
        """Say what was heard; raises why not when no window could be judged."""
        for window in self._windows.rest():
            self.judge(window.start, window.clip)
        if not self._rows:
            raise self._reason
        report(1.0)
        rows = np.stack(self._rows).astype(np.float32)
        mean = np.array(self._vectors, np.float32).mean(axis=0) if self._vectors else None
        starts, overall = np.array(self._starts), self._model.overall(rows)
        return Tagging.of(self._model, starts, rows, overall, vector=mean)


def _heard(clip: Clip) -> Clip:
    """The clip itself. Raises TooShort or Silent where there is nothing to judge."""
    if clip.seconds < SHORTEST:
        raise TooShort("The recording is shorter than half a second.")
    if np.abs(clip.samples - clip.samples.mean()).max() <= QUIETEST:  # an offset is no sound
        raise Silent("The recording is silent.")
    return clip


def _answer(model: WindowModel, row: Probabilities) -> Probabilities:
    """The row itself. Raises ValueError where it is not a probability for each label."""
    answer = np.asarray(row, np.float32)
    if answer.shape != (len(model.labels),):
        raise ValueError(
            f"The model “{model.name}” answered with an array of shape {answer.shape}; "
            f"it has {len(model.labels)} labels."
        )
    if not np.all((answer >= 0) & (answer <= 1 + ROUNDING)):
        raise ValueError(f"The model “{model.name}” answered with what is no probability.")
    return answer
