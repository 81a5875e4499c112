"""The models a worker asks today: those shipped, with the trained head that is in service."""

import json
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.files import blobs
from apps.predictions import archive
from apps.predictions.models import PredictionModel, TrainedHead, digest, models_key
from audio import tagging
from audio.clip import Clip
from audio.models import Listener, Model, WindowModel

TRIED_AT = 22_050  # Hz
LONGEST_NAME, LONGEST_LABEL = 40, 80  # characters, as rows have room for

logger = logging.getLogger(__name__)


def todays_models() -> list[Model]:
    """All of them, also those that miss something here; written down for the web to know."""
    head = (
        TrainedHead.objects.select_related("blob").filter(in_service_since__isnull=False).first()
    )
    able, problems = tagging.able_models(unpacked(head) if head else None)
    models = [_fitting(model) for model in (trained(able, head) if head else able)]
    models += [Unusable(path, sentence) for path, sentence in problems.items()]
    register(models)
    return models


class Unusable(Model):
    """In the place of a model that cannot be made, or that rows cannot hold: it says why."""

    missing = ""  # said of each of them

    def __init__(self, name: str, sentence: str) -> None:
        self.name, self.version, self.missing = name[-LONGEST_NAME:], "", sentence

    def listen(self) -> Listener:
        raise AssertionError("It is not to be asked.")


def _fitting(model: Model) -> Model:
    """The same, or one that says what is wrong: somebody's own model is not to stop the others."""
    try:
        json.dumps(_row(0, model), allow_nan=False)
        names = [model.name, model.version, *model.labels]
        if all(isinstance(name, str) for name in names) and _is_short(model):
            return model
        sentence = "Its name, its version or a label is too long, or no text."
    except Exception:
        logger.exception("The model %s cannot be written down.", model.name)
        sentence = "What it says of itself cannot be written down; the log tells more."
    return Unusable(str(model.name), sentence)


def _is_short(model: Model) -> bool:
    names = max(len(model.name), len(model.version)) <= LONGEST_NAME
    return names and all(len(label) <= LONGEST_LABEL for label in model.labels)


def trained(models: list[Model], head: TrainedHead) -> list[Model]:
    """The same; answers of a head are told from those of others by its version."""
    for model in models:
        if getattr(model, "retrainable", False):
            model.version = head.version
    return models


def unpacked(head: TrainedHead) -> Path:
    """The folder of a head on this machine; unpacked when it is first needed."""
    folder: Path = settings.HEADS / head.blob.sha256
    if not folder.is_dir():
        settings.HEADS.mkdir(parents=True, exist_ok=True)
        with blobs.local_copy(head.blob) as path, blobs.scratch() as scratch:
            made = scratch / "head"
            made.mkdir()
            archive.unpack(path, made)
            try:
                made.rename(folder)
            except OSError:
                if not folder.is_dir():  # else another process was faster
                    raise
    return folder


def require_models(folder: Path) -> None:
    """Raise `ValidationError` unless models can be made of what lies in a folder, and asked."""
    noise = np.random.default_rng(0).standard_normal((1, 3 * TRIED_AT))
    clip = Clip((noise / 10).astype(np.float32), TRIED_AT)
    try:
        for model in tagging.models(folder):
            if getattr(model, "retrainable", False) and not model.missing:
                _require_answer(cast(WindowModel, model), clip)
    except Exception as error:  # each library has errors of its own
        raise ValidationError(f"{folder} holds no models that work: {error}") from error


def _require_answer(model: WindowModel, clip: Clip) -> None:
    """Raise ValueError where it does not answer with probabilities, as its listener checks."""
    rows = model.predict(clip)
    if model.exclusive and not np.allclose(rows.sum(axis=1), 1, atol=0.01):
        raise ValueError(f"what “{model.name}” says of the genres does not sum to 1.")


def key_of(models: Iterable[Model]) -> str:
    """Who can be asked of these, as `PredictionModelQuerySet.key` says it of the rows."""
    able = [model for model in models if not model.missing]
    return models_key(
        (model.name, model.version, digest(dict(model.parameters))) for model in able
    )


# -- for the web to know -------------------------------------------------------------------------


def register(models: Sequence[Model]) -> None:
    """Write down what is in use and what of it is missing, where that has changed."""
    wanted = {
        (model.name, model.version): _row(place, model) for place, model in enumerate(models)
    }
    known = {(row.name, row.version): row for row in PredictionModel.objects.in_use()}
    if wanted.keys() == known.keys() and all(
        _is_so(known[key], fields) for key, fields in wanted.items()
    ):
        return
    with transaction.atomic():
        PredictionModel.objects.in_use().update(place=None)
        for (name, version), fields in wanted.items():
            _keep_labels(name, version, fields["labels"])
            PredictionModel.objects.update_or_create(name=name, version=version, defaults=fields)


def _keep_labels(name: str, version: str, labels: list[str]) -> None:
    """What was said with other labels keeps them."""
    for row in PredictionModel.objects.filter(name=name, version=version):
        if row.labels != labels:
            row.sets.filter(labels__isnull=True).update(labels=row.labels)


def _row(place: int, model: Model) -> dict[str, Any]:
    return {
        "place": place,
        "parameters": dict(model.parameters),
        "parameters_key": digest(dict(model.parameters)),
        "labels": list(model.labels),
        "threshold": model.threshold,
        "exclusive": model.exclusive,
        "missing": model.missing,
        "scores": getattr(model, "particulars", {}),
        "vector_names": list(getattr(model, "vector_names", ())),
    }


def _is_so(row: PredictionModel, fields: dict[str, Any]) -> bool:
    return all(getattr(row, name) == value for name, value in fields.items())
