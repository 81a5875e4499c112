"""What every model says of one file, from one decoding of it."""

import importlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from audio import io
from audio.clip import Clip
from audio.errors import AudioError, TooShort
from audio.progress import Report, ignore, part

MODELS: tuple[str, ...] = (
    "audio.genre.GenreForest",
    "audio.beats.TempoModel",
    "audio.key.KeyModel",
)
"""The models asked by default; AUDIOPHILE_MODELS (dotted paths and commas) replaces them."""

DECODING = 0.4  # the share of the work that decoding is, as progress


@dataclass(frozen=True, eq=False)
class Tagging:
    """What one model says of one file.

    `probabilities` is float32 [windows, labels] and `starts` float64 [windows]: the second at
    which each window of `window_seconds` begins. `label` and `confidence` (0..1) speak for the
    whole file; `value` is a number where the answer is one (BPM).
    """

    model: str
    version: str
    parameters: Mapping[str, float | str]
    labels: tuple[str, ...]
    probabilities: npt.NDArray[np.float32]
    starts: npt.NDArray[np.float64]
    window_seconds: float
    label: str
    confidence: float
    value: float | None = None
    threshold: float = field(default=0.9, kw_only=True)


class Listener(Protocol):
    """Hears one file from beginning to end, in pieces of any length, and then speaks."""

    def hear(self, piece: Clip) -> None:
        """Take the next piece: mono, at the model's sample rate."""

    def tagging(self, report: Report = ignore) -> Tagging:
        """Say what was heard. Raises an `AudioError` when nothing can be said."""


class Model(Protocol):
    """Anything that can tag a file."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def sample_rate(self) -> int: ...
    @property
    def labels(self) -> tuple[str, ...]: ...

    def listen(self) -> Listener:
        """Return a fresh listener for one file."""


def models() -> list[Model]:
    """Make one of each model in `MODELS`, or in the variable AUDIOPHILE_MODELS where it is set.

    Raises
    ------
    ValueError
        If a dotted path leads nowhere.
    """
    wanted = os.environ.get("AUDIOPHILE_MODELS", "")
    return [_load(path.strip()) for path in wanted.split(",") if path.strip()] or [
        _load(path) for path in MODELS
    ]


def tag_file(
    path: Path, report: Report = ignore, asked: Sequence[Model] | None = None
) -> list[Tagging]:
    """Ask all models about a file.

    The file is decoded once for each sample rate that the models want (the shipped ones share
    one), in pieces, so memory does not grow with its length.

    Parameters
    ----------
    path : Path
        An audio file.
    report : Report
        Told the fraction done.
    asked : sequence of Model, optional
        The models; by default `models()`.

    Returns
    -------
    list of Tagging
        One a model, in order. A model that cannot judge this file (too short for its question,
        say) is left out.

    Raises
    ------
    Empty, NotAudio, Damaged
        If the file cannot be read.
    AudioError
        The first model's reason, when no model can say anything: Silent, TooShort, ...
    """
    asked = models() if asked is None else asked
    listeners = [(model.sample_rate, model.listen()) for model in asked]
    rates = sorted({rate for rate, _ in listeners})
    for number, rate in enumerate(rates):
        share = part(report, number / len(rates) * DECODING, (number + 1) / len(rates) * DECODING)
        _play(path, rate, [listener for wants, listener in listeners if wants == rate], share)
    taggings = _answers([listener for _, listener in listeners], part(report, DECODING, 1.0))
    report(1.0)
    return taggings


def _load(path: str) -> Model:
    module, _, name = path.rpartition(".")
    try:
        model: Model = getattr(importlib.import_module(module), name)()
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"There is no model at {path!r}.") from error
    return model


def _play(path: Path, rate: int, listeners: Sequence[Listener], report: Report) -> None:
    declared = io.probe(path).seconds
    heard = 0.0
    for piece in io.blocks(path, sample_rate=rate, channels=1):
        for listener in listeners:
            listener.hear(piece)
        heard += piece.seconds
        report(min(heard / declared, 1.0) if declared else 0.0)
    if not heard:
        raise TooShort("The recording holds hardly more than one sample.")


def _answers(listeners: Sequence[Listener], report: Report) -> list[Tagging]:
    taggings: list[Tagging] = []
    reasons: list[AudioError] = []
    for number, listener in enumerate(listeners):
        share = part(report, number / len(listeners), (number + 1) / len(listeners))
        try:
            taggings.append(listener.tagging(share))
        except AudioError as reason:
            reasons.append(reason)
    if reasons and not taggings:
        raise reasons[0]
    return taggings
