"""The models in use and the pretrained files they need: what people see of them, and can ask."""

from pathlib import Path
from typing import Any

from django.db import transaction

from apps.jobs import services as jobs
from apps.jobs.models import Job
from apps.predictions.models import PredictionModel, WeightsFetch
from apps.predictions.reading import remark
from apps.predictions.telling import tell_workers
from audio import weights

UNKNOWN = "unknown until first fetched"
HERE = ("here", "in the mirror")


class NoSuchWeights(Exception):
    """The catalogue has no file of that name."""


def model_cards() -> list[dict[str, Any]]:
    """The models in use, in the order they are shown in, with what their training wrote down."""
    return [
        {
            "name": model.name,
            "version": model.version,
            "labels": model.labels,
            "threshold": model.limit,
            "exclusive": model.exclusive,
            "missing": model.missing,
            "remark": remark(model.parameters),
            "scores": model.scores,
            "in_use": True,
        }
        for model in PredictionModel.objects.in_use()
    ]


def catalogue() -> list[dict[str, Any]]:
    """Every file of weights, and how it stands here."""
    wishes = WeightsFetch.objects.exclude(job=None).select_related("job")
    newest = {wish.name: wish.job for wish in wishes}
    rows = [_row(entry) for entry in weights.CATALOGUE.values()]
    return [row | {"job": _worth_telling(newest.get(row["name"]), row)} for row in rows]


def names() -> list[str]:
    return list(weights.CATALOGUE)


def named(wanted: list[str]) -> list[str]:
    """Those called so, or all. Raises `NoSuchWeights`."""
    if wanted == ["all"]:
        return names()
    for name in wanted:
        _require(name)
    return wanted


@transaction.atomic
def request_fetch(*, name: str, owner) -> Job:
    """Have a file fetched; while that runs, asking again gives the same job.

    The row of a file is what two who ask at once wait for.
    """
    _require(name)
    WeightsFetch.objects.get_or_create(name=name)
    wish = WeightsFetch.objects.select_for_update().get(name=name)
    if wish.job is None or not wish.job.is_active:
        wish.job = jobs.enqueue(kind="fetch", owner=owner, label=f"Fetch {name}", page="/models/")
        wish.save(update_fields=["job"])
    return wish.job


def verify_weights(name: str) -> str:
    """Read the file again and compare; raises the `AudioError` that says what is wrong."""
    _require(name)
    path = weights.verify(name)
    return f"{path.name} is what it should be."


def remove_weights(name: str) -> str:
    """Remove the file from this machine, and say what that came to; a mirror is never touched."""
    _require(name)
    removed = weights.remove(name)
    tell_workers()
    if weights.find(name):
        return f"{name} is in the mirror folder, which is left alone."
    return f"{name} is removed." if removed else f"{name} was not here."


def for_members(row: dict[str, Any]) -> dict[str, Any]:
    """Without what only who runs this server can do something about."""
    return row | {"way_out": ""}


def _row(entry: weights.Weights) -> dict[str, Any]:
    path = weights.find(entry.name)
    state = _state(entry, path)
    return {
        "name": entry.name,
        "title": entry.title,
        "file": entry.file,
        "url": entry.urls[0],
        "sha256": weights.checksum(entry.name) or UNKNOWN,
        "size": entry.size,
        "licence": entry.licence,
        "certainty": entry.certainty,
        "used_by": list(entry.used_by),
        "policy": entry.policy,
        "source": entry.source,
        "score": entry.score,
        "speed": entry.speed,
        "state": state,
        "problem": weights.missing(entry.name),
        "way_out": weights.way_out(entry.name),
    }


def _worth_telling(job: Job | None, row: dict[str, Any]) -> Job | None:
    """A fetch that goes on; or one that failed, while the file is still missing."""
    failed = job is not None and job.state == Job.State.FAILED and row["state"] not in HERE
    return job if failed or (job and job.is_active) else None


def _state(entry: weights.Weights, path: Path | None) -> str:
    if path is None:
        damaged = (weights.folder() / entry.file).is_file()
        return "damaged" if damaged else "not here"
    return "here" if path.parent == weights.folder() else "in the mirror"


def _require(name: str) -> None:
    if name not in names():
        raise NoSuchWeights(f"There are no weights “{name}”; there are {', '.join(names())}.")
