"""What every model says of one file, from one decoding of it."""

import importlib
import logging
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audio import io
from audio.clip import Clip
from audio.errors import TooLong, TooShort
from audio.guard import Guard, broken
from audio.models import Model, Tagging, WindowListener
from audio.progress import Report, ignore, part
from audio.weights import WeightsMissing
from audio.windows import Window, Windows

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

PREPARED, LISTENED = 0.1, 0.9  # how far the work is, once all is fetched, and once all is heard
SLACK = 0.1  # s; resampled sound may last a little longer

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Heard:
    """What models say of one file.

    `taggings` has one a model, in the order they were asked in; `seconds` is how much was
    decoded (0 where no model could be asked). The others are named with a sentence each: in
    `missing` those that cannot be asked here, in `failed` those that broke down, which the log
    tells more of, and in `unsaid` those that can say nothing of this recording.
    """

    taggings: list[Tagging]
    seconds: float
    missing: Mapping[str, str]
    failed: Mapping[str, str]
    unsaid: Mapping[str, str]


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
    return [_load(path, folder) for path in _paths()]


def able_models(folder: Path | None = None) -> tuple[list[Model], dict[str, str]]:
    """Make those models that can be made: one that is broken does not keep the others away.

    Parameters
    ----------
    folder : Path, optional
        As `models` takes it.

    Returns
    -------
    models : list of Model
        Each can say of itself what it is, and what it misses here.
    problems : dict
        For each dotted path that was left out a sentence; the log has the rest.
    """
    able: list[Model] = []
    problems: dict[str, str] = {}
    for path in _paths():
        try:
            model = _load(path, folder)
            _ = model.name, model.version, model.parameters, model.missing
        except Exception as error:
            logger.exception("The model at %s cannot be used.", path)
            known = isinstance(error, ValueError) and path in str(error)
            problems[path] = str(error) if known else broken(f"The model at “{path}”", error)
        else:
            able.append(model)
    return able, problems


def tag_file(
    path: Path, report: Report = ignore, asked: Sequence[Model] | None = None
) -> list[Tagging]:
    """Ask all models about a file, and take what those say that can: see `hear_file`."""
    return hear_file(path, report, asked).taggings


def hear_file(
    path: Path,
    report: Report = ignore,
    asked: Sequence[Model] | None = None,
    *,
    longest: float | None = None,
) -> Heard:
    """Ask all models about a file.

    The file is decoded once for each sample rate that the models want (the shipped ones share
    one), in pieces; models that judge windows of one length share the windows, and every window
    is heard. So memory does not grow with the file's length, but time does: 30 s of music take
    the shipped models 0.54 s of one core (measured over five minutes), so three hours take 3.3
    minutes.

    Parameters
    ----------
    path : Path
        An audio file.
    report : Report
        Told the fraction done. What it raises to cancel always gets through.
    asked : sequence of Model, optional
        The models; by default `models()`. Those that miss something here are not asked, and one
        that breaks down is left out.
    longest : float, optional
        In seconds; without it there is no limit. A header may lie about the length, or say
        none, so the sound itself is counted.

    Returns
    -------
    Heard

    Raises
    ------
    Empty, NotAudio, Damaged
        If the file cannot be read.
    TooLong
        If there is more than `longest` of it.
    AudioError
        The first model's reason, when no model can say anything: Silent, TooShort, ...
    """
    guards = [Guard(model) for model in (models() if asked is None else asked)]
    _prepare(guards, part(report, 0.0, PREPARED))
    seconds = _listen(path, guards, part(report, PREPARED, LISTENED), longest)
    heard = Heard(
        taggings=_answers(guards, part(report, LISTENED, 1.0)),
        seconds=seconds,
        missing={guard.name: guard.missing for guard in guards if guard.missing},
        failed={guard.name: guard.failed for guard in guards if guard.failed},
        unsaid={guard.name: str(guard.reason) for guard in guards if _mute(guard)},
    )
    _require_answer(guards, heard)
    report(1.0)
    return heard


class _Cutter:
    """Cuts windows once for all the models that want such windows."""

    def __init__(self, windows: Windows, guards: Sequence[Guard]) -> None:
        self._windows, self._guards = windows, guards

    def hear(self, piece: Clip) -> None:
        for window in self._windows.hear(piece):
            self._pass_on(window)

    def end(self) -> None:
        for window in self._windows.rest():
            self._pass_on(window)

    def _pass_on(self, window: Window) -> None:
        for guard in self._guards:
            if isinstance(guard.listener, WindowListener):
                guard.ask(guard.listener.judge, window.start, window.clip)


class _Ear:
    """A model that takes the pieces as they come."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def hear(self, piece: Clip) -> None:
        if self._guard.listener:
            self._guard.ask(self._guard.listener.hear, piece)

    def end(self) -> None:
        """It notices by itself."""


def _paths() -> Sequence[str]:
    wanted = os.environ.get("AUDIOPHILE_MODELS", "")
    return [path.strip() for path in wanted.split(",") if path.strip()] or MODELS


def _load(path: str, folder: Path | None) -> Model:
    module, _, name = path.rpartition(".")
    try:
        kind: Any = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"There is no model at {path!r}.") from error
    if not (isinstance(kind, type) and issubclass(kind, Model)):
        raise ValueError(f"What lies at {path!r} is no model.")
    replaced = folder is not None and getattr(kind, "retrainable", False)
    model: Model = kind(folder) if replaced else kind()  # type: ignore[call-arg]
    return model


def _prepare(guards: Sequence[Guard], report: Report) -> None:
    """Ask each whether it can be asked, have it fetch what it needs, and make it listen."""
    for number, guard in enumerate(guards):
        share = part(report, number / len(guards), (number + 1) / len(guards))
        guard.missing = guard.ask(lambda model: model.missing, guard.model) or ""
        guard.ask(guard.model.prepare, guard.relayed(share))
        guard.listener = guard.ask(guard.model.listen)
        share(1.0)


def _listen(path: Path, guards: Sequence[Guard], report: Report, longest: float | None) -> float:
    """Play the file to all of them; returns the seconds that were decoded."""
    ears = _ears([guard for guard in guards if guard.able])
    rates = sorted({rate for rate, _ in ears})
    seconds = 0.0
    for number, rate in enumerate(rates):
        share = part(report, number / len(rates), (number + 1) / len(rates))
        alike = [ear for wanted, ear in ears if wanted == rate]
        seconds = _play(path, rate, alike, share, math.inf if longest is None else longest)
    return seconds


def _ears(guards: Sequence[Guard]) -> list[tuple[int, _Cutter | _Ear]]:
    """What the sound is played to, with the sample rate that each wants."""
    ears: list[tuple[int, _Cutter | _Ear]] = []
    cut: dict[tuple[int, float], list[Guard]] = {}
    for guard in guards:
        model = guard.model
        if isinstance(guard.listener, WindowListener):
            cut.setdefault((model.sample_rate, model.window_seconds), []).append(guard)
        else:
            ears.append((model.sample_rate, _Ear(guard)))
    for (rate, length), alike in cut.items():
        ears.append((rate, _Cutter(Windows(rate, length), alike)))
    return ears


def _play(
    path: Path, rate: int, ears: Sequence[_Cutter | _Ear], report: Report, longest: float
) -> float:
    declared = io.probe(path).seconds
    heard = 0.0
    for piece in io.blocks(path, sample_rate=rate, channels=1):
        heard += piece.seconds
        if heard > longest + SLACK:
            raise TooLong(f"This recording is longer than {longest / 60:.0f} minutes.")
        for ear in ears:
            ear.hear(piece)
        report(min(heard / declared, 1.0) if declared else 0.0)
    if not heard:
        raise TooShort("The recording holds hardly more than one sample.")
    for ear in ears:
        ear.end()
    return heard


def _answers(guards: Sequence[Guard], report: Report) -> list[Tagging]:
    taggings: list[Tagging] = []
    for number, guard in enumerate(guards):
        share = part(report, number / len(guards), (number + 1) / len(guards))
        if guard.listener and (said := guard.ask(guard.listener.tagging, guard.relayed(share))):
            taggings.append(said)
    return taggings


def _mute(guard: Guard) -> bool:
    return guard.reason is not None and not guard.missing


def _require_answer(guards: Sequence[Guard], heard: Heard) -> None:
    """Raise the first reason when nothing was said; that a file is missing comes last."""
    reasons = [guard.reason for guard in guards if guard.reason]
    if reasons and not any(said.starts.size for said in heard.taggings):
        raise min(reasons, key=lambda reason: isinstance(reason, WeightsMissing))
