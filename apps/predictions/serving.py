"""The models a worker asks today: those shipped, with the trained head that is in service."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import numpy as np
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.files import blobs
from apps.predictions import archive
from apps.predictions.models import PredictionModel, TrainedHead
from audio import tagging
from audio.clip import Clip
from audio.models import Model, WindowModel

TRIED_AT = 22_050  # Hz


def todays_models() -> list[Model]:
    """All of them, also those that miss something here; written down for the web to know."""
    head = (
        TrainedHead.objects.select_related("blob").filter(in_service_since__isnull=False).first()
    )
    models = trained(tagging.models(unpacked(head)), head) if head else tagging.models()
    register(models)
    return models


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
            with suppress(FileExistsError):  # another process was faster
                made.rename(folder)
    return folder


def require_models(folder: Path) -> None:
    """Raise `ValidationError` unless models can be made of what lies in a folder, and asked."""
    noise = np.random.default_rng(0).standard_normal((1, 3 * TRIED_AT))
    clip = Clip((noise / 10).astype(np.float32), TRIED_AT)
    try:
        for model in tagging.models(folder):
            if getattr(model, "retrainable", False) and not model.missing:
                cast(WindowModel, model).judge(clip)
    except Exception as error:  # each library has errors of its own
        raise ValidationError(f"{folder} holds no models that work: {error}") from error


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
            PredictionModel.objects.update_or_create(name=name, version=version, defaults=fields)


def _row(place: int, model: Model) -> dict[str, Any]:
    return {
        "place": place,
        "labels": list(model.labels),
        "threshold": model.threshold,
        "exclusive": model.exclusive,
        "missing": model.missing,
        "scores": getattr(model, "particulars", {}),
    }


def _is_so(row: PredictionModel, fields: dict[str, Any]) -> bool:
    return all(getattr(row, name) == value for name, value in fields.items())
