"""What every model says of one file, from one decoding of it."""

import importlib
import os
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from audio import io
from audio.clip import Clip
from audio.errors import AudioError, TooShort
from audio.models import Listener, Model, Tagging, WindowListener
from audio.progress import Report, ignore, part
from audio.windows import Windows

MODELS: tuple[str, ...] = (
    "audio.genre.GenreEnsemble",
    "audio.genre.GenreForest",
    "audio.genre.GenreConvnet",
    "audio.tagger.Tagger",
    "audio.keywords.Keywords",
    "audio.beats.TempoModel",
    "audio.key.KeyModel",
)
"""The models asked by default; AUDIOPHILE_MODELS (dotted paths and commas) replaces them."""

LISTENING = 0.9  # the share of the work that decoding and judging windows are, as progress
MOST_WINDOWS = 120  # an hour of windows of 30 s without a gap; longer files are sampled evenly


def models(folder: Path | None = None) -> list[Model]:
    """Make one of each model in `MODELS`, or in the variable AUDIOPHILE_MODELS where it is set.

    Parameters
    ----------
    folder : Path, optional
        Where trained heads lie that replace the shipped ones, as `python -m training` writes them.

    Raises
    ------
    ValueError
        If a dotted path leads nowhere.
    """
    wanted = os.environ.get("AUDIOPHILE_MODELS", "")
    paths = [path.strip() for path in wanted.split(",") if path.strip()] or MODELS
    return [_load(path, folder) for path in paths]


def tag_file(
    path: Path, report: Report = ignore, asked: Sequence[Model] | None = None
) -> list[Tagging]:
    """Ask all models about a file.

    The file is decoded once for each sample rate that the models want (the shipped ones share
    one), in pieces; models that judge windows of one length share the windows. So memory does
    not grow with the file's length.

    Parameters
    ----------
    path : Path
        An audio file.
    report : Report
        Told the fraction done.
    asked : sequence of Model, optional
        The models; by default `models()`. Those that miss something here are not asked.

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
    able = [model for model in (models() if asked is None else asked) if not model.missing]
    listeners = [(model, model.listen()) for model in able]
    ears = _ears(listeners, io.probe(path).seconds)
    rates = sorted({rate for rate, _ in ears})
    for number, rate in enumerate(rates):
        share = part(report, number / len(rates), (number + 1) / len(rates))
        _play(path, rate, [ear for wants, ear in ears if wants == rate], part(share, 0, LISTENING))
    taggings = _answers([said for _, said in listeners], part(report, LISTENING, 1.0))
    report(1.0)
    return taggings


class _Cutter:
    """Cuts windows once for all the listeners that want such windows."""

    def __init__(self, windows: Windows, listeners: Sequence[WindowListener]) -> None:
        self._windows, self._listeners = windows, listeners

    def hear(self, piece: Clip) -> None:
        for window in self._windows.hear(piece):
            self._pass_on(window.start, window.clip)

    def end(self) -> None:
        for window in self._windows.rest():
            self._pass_on(window.start, window.clip)

    def _pass_on(self, start: float, clip: Clip) -> None:
        for listener in self._listeners:
            listener.judge(start, clip)


class _Ear:
    """A listener that takes the pieces as they come."""

    def __init__(self, listener: Listener) -> None:
        self.hear = listener.hear

    def end(self) -> None:
        """It notices by itself."""


def _load(path: str, folder: Path | None) -> Model:
    module, _, name = path.rpartition(".")
    try:
        kind: Any = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"There is no model at {path!r}.") from error
    replaced = folder is not None and getattr(kind, "retrainable", False)
    model: Model = kind(folder) if replaced else kind()
    return model


def _ears(
    listeners: Sequence[tuple[Model, Listener]], seconds: float | None
) -> list[tuple[int, _Cutter | _Ear]]:
    """What the sound is played to, with the sample rate that each wants."""
    ears: list[tuple[int, _Cutter | _Ear]] = []
    cut: list[tuple[tuple[int, float], WindowListener]] = []
    for model, listener in listeners:
        if isinstance(listener, WindowListener):
            cut.append(((model.sample_rate, model.window_seconds), listener))
        else:
            ears.append((model.sample_rate, _Ear(listener)))
    for (rate, length), group in groupby(sorted(cut, key=lambda one: one[0]), lambda one: one[0]):
        stride = 1 + int((seconds or 0.0) / length / MOST_WINDOWS)
        windows = Windows(rate, length, stride)
        ears.append((rate, _Cutter(windows, [listener for _, listener in group])))
    return ears


def _play(path: Path, rate: int, ears: Sequence[_Cutter | _Ear], report: Report) -> None:
    declared = io.probe(path).seconds
    heard = 0.0
    for piece in io.blocks(path, sample_rate=rate, channels=1):
        for ear in ears:
            ear.hear(piece)
        heard += piece.seconds
        report(min(heard / declared, 1.0) if declared else 0.0)
    if not heard:
        raise TooShort("The recording holds hardly more than one sample.")
    for ear in ears:
        ear.end()


def _answers(listeners: Sequence[Listener], report: Report) -> list[Tagging]:
    taggings: list[Tagging] = []
    reasons: list[AudioError] = []
    for number, listener in enumerate(listeners):
        share = part(report, number / len(listeners), (number + 1) / len(listeners))
        try:
            taggings.append(listener.tagging(share))
        except AudioError as reason:
            reasons.append(reason)
    if reasons and not any(said.starts.size for said in taggings):
        raise reasons[0]
    return taggings
