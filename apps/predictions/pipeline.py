"""What a worker does to predict: a recording in, a published reference out."""

import hashlib
import json

from django.db import transaction

from apps.files import blobs
from apps.jobs.models import Cancelled, Job
from apps.predictions.models import PredictionModel, PredictionSet, Reference
from audio import tagging
from audio.models import Model, Tagging


def predict(job: Job) -> None:
    """Ask today's models what they have not said yet of these bytes, and publish it all."""
    reference = Reference.objects.select_related("track__blob").filter(job=job).first()
    if reference is None:  # its track was deleted in the meantime
        raise Cancelled
    sha256 = reference.track.sha256
    answers = {model: _known(sha256, model) for model in tagging.models() if not model.missing}
    missing = [model for model, answer in answers.items() if answer is None]
    with blobs.local_copy(reference.track.blob) as path:
        taggings = tagging.tag_file(path, job.report, missing) if missing else []
    made = [_stored(sha256, said) for said in taggings]
    with transaction.atomic():
        job.confirm()
        reference.publish([*filter(None, answers.values()), *made])


def _known(sha256: str, model: Model) -> PredictionSet | None:
    """What this version of a model has said of these bytes before, for whomever."""
    return PredictionSet.objects.filter(
        sha256=sha256,
        model__name=model.name,
        model__version=model.version,
        parameters_key=_digest(dict(model.parameters)),
    ).first()


def _stored(sha256: str, said: Tagging) -> PredictionSet:
    model, _ = PredictionModel.objects.get_or_create(
        name=said.model,
        version=said.version,
        defaults={"labels": list(said.labels), "threshold": said.threshold},
    )
    parameters = dict(said.parameters)
    made, _ = PredictionSet.objects.get_or_create(
        sha256=sha256,
        model=model,
        parameters_key=_digest(parameters),
        defaults={
            "parameters": parameters,
            "starts": [round(float(start), 3) for start in said.starts],
            "window": said.window_seconds,
            "array": PredictionSet.packed(said.probabilities),
            "label": said.label,
            "confidence": said.confidence,
            "value": said.value,
        },
    )
    return made


def _digest(parameters: dict) -> str:
    return hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()
