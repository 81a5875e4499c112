"""What a worker does to predict: a recording in, a published reference or an answer out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import transaction

from apps.files import blobs
from apps.jobs.models import Cancelled, Job
from apps.predictions import reading
from apps.predictions.models import (
    PredictionModel,
    PredictionSet,
    Reference,
    Trial,
    digest,
    packed,
)
from apps.predictions.serving import key_of, register, todays_models
from audio import io, tagging
from audio.errors import AudioError
from audio.models import Model, Probabilities, Tagging
from audio.progress import Report
from audio.tagging import Heard

NOTHING = Heard(taggings=[], seconds=0.0, missing={}, failed={}, unsaid={})


class Gone(AudioError):
    """A clip is not kept, so that nothing is left to try again with."""

    code = "gone"


class NotHere(AudioError):
    """The model that was asked for misses something; its sentence says what."""

    code = "model_missing"


def predict(job: Job) -> None:
    """Ask today's models what they have not said yet of these bytes, and publish it all."""
    reference = Reference.objects.select_related("track__blob").filter(job=job).first()
    if reference is None:  # its track was deleted in the meantime
        raise Cancelled
    if reference.published_at:  # by a worker that died before it could say so
        return
    sha256, models = reference.track.sha256, todays_models()
    reference.ask(key_of(models))
    with blobs.local_copy(reference.track.blob) as path:
        known, heard = _heard(path, sha256, models, job.report)
    made = [_stored(sha256, tagging) for tagging in heard.taggings]
    reference.unsaid = {**heard.unsaid, **heard.failed}
    reference.models_key = key_of(models)  # one may have turned out to miss something
    with transaction.atomic():
        job.confirm()
        reference.publish([*known, *made])


def listen(job: Job) -> None:
    """Ask the models about a clip, and keep nothing but what they said."""
    trial = Trial.objects.select_related("blob").filter(job=job).first()
    if trial is None:
        raise Cancelled
    if trial.blob is None:
        raise Gone("This clip is no longer here. Send it again.")
    models = [model for model in todays_models() if trial.asked in ("", model.name)]
    if reasons := _nobody_can(models):
        raise NotHere(reasons)
    with blobs.local_copy(trial.blob) as path:
        known, heard = _heard(path, trial.sha256, models, job.report, longest=_longest())
        seconds = heard.seconds or _seconds(path)
    sets = [*known, *(_row(trial.sha256, _version(said), said) for said in heard.taggings)]
    told = {**heard.unsaid, **heard.missing, **heard.failed}
    answer = reading.answer(sets, seconds, asked=trial.asked, told=told)
    answer["file"] = trial.filename
    with transaction.atomic():
        job.confirm()
        Trial.objects.filter(pk=trial.pk).update(answer=answer)


def _nobody_can(models: Sequence[Model]) -> str:
    """Why none of these can be asked; empty when one can."""
    reasons = [model.missing for model in models]
    return "" if "" in reasons else " ".join(reasons) or "This model is no longer in use."


def _longest() -> float:
    """Seconds of a clip."""
    return settings.MAX_MINUTES * 60.0


def _seconds(path: Path) -> float:
    """What is to be heard of a file; a recording that was streamed does not say it."""
    stated = io.probe(path).seconds
    return stated or sum(piece.seconds for piece in io.blocks(path, channels=1))


def _heard(
    path: Path,
    sha256: str,
    models: Sequence[Model],
    report: Report,
    *,
    longest: float | None = None,
) -> tuple[list[PredictionSet], Heard]:
    """What was said of these bytes before, for whomever, and what is said of them now."""
    answers = {model: _known(sha256, model) for model in models}
    known = [answer for answer in answers.values() if answer]
    new = [model for model, answer in answers.items() if not answer and not model.missing]
    try:
        heard = tagging.hear_file(path, report, new, longest=longest) if new else NOTHING
    except AudioError:
        if not known:
            raise
        heard = NOTHING  # those that are new have nothing to say of it; the others had
    if heard.failed and not (known or heard.taggings):
        raise RuntimeError(" ".join(heard.failed.values()))
    if len(heard.taggings) < len(new):
        register(models)  # one may have tried in vain to fetch its weights
    return known, heard


def _known(sha256: str, model: Model) -> PredictionSet | None:
    """What this version of a model has said of these bytes."""
    return (
        PredictionSet.objects.select_related("model")
        .filter(
            sha256=sha256,
            model__name=model.name,
            model__version=model.version,
            parameters_key=digest(dict(model.parameters)),
        )
        .first()
    )


def _stored(sha256: str, said: Tagging) -> PredictionSet:
    """A row; that of another worker where both heard the same bytes at once."""
    row = _row(sha256, _version(said), said)
    PredictionSet.objects.bulk_create([row], ignore_conflicts=True)
    return PredictionSet.objects.select_related("model").get(
        sha256=sha256, model=row.model, parameters_key=row.parameters_key
    )


def _version(said: Tagging) -> PredictionModel:
    model, _ = PredictionModel.objects.get_or_create(
        name=said.model,
        version=said.version,
        defaults={
            "labels": list(said.labels),
            "threshold": said.threshold,
            "exclusive": said.exclusive,
        },
    )
    return model


def _row(sha256: str, model: PredictionModel, said: Tagging) -> PredictionSet:
    parameters = dict(said.parameters)
    return PredictionSet(
        sha256=sha256,
        model=model,
        parameters=parameters,
        parameters_key=digest(parameters),
        labels=None if list(said.labels) == model.labels else list(said.labels),
        starts=[round(float(start), 3) for start in said.starts],
        window=said.window_seconds,
        array=packed(said.probabilities),
        overall=packed(_overall(said)),
        label=said.label,
        confidence=said.confidence,
        value=said.value,
        values=None if said.values is None else [_number(value) for value in said.values],
        vector=None if said.vector is None else said.vector.astype("<f4").tobytes(),
    )


def _overall(said: Tagging) -> Probabilities:
    """Of the whole recording [labels]; nothing, where no window was worth asking about."""
    if len(said.overall):
        return said.overall
    windows = said.probabilities
    return windows.mean(axis=0) if len(windows) else np.zeros(len(said.labels), np.float32)


def _number(value: float) -> float | None:
    """JSON knows no NaN."""
    return round(float(value), 3) if np.isfinite(value) else None
