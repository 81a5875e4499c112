"""What a person can ask about a clip that is not kept: hear what the models say of it."""

import time
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.utils.timezone import now

from apps.files import blobs, limits, quota
from apps.files.media_types import media_type
from apps.files.models import Blob
from apps.files.names import file_name
from apps.jobs import services as jobs
from apps.jobs.models import Job, Process
from apps.predictions.models import PredictionModel, Trial
from audio import io
from audio.errors import Empty

KEPT = timedelta(hours=1)
MOST_AT_ONCE = 20  # clips of one person
PRIORITY = 10  # somebody waits for it
PAUSE = 0.1  # seconds between two looks


class UnknownModel(Exception):
    """No model of that name is in use."""


class TooMany(limits.Refused):
    """This person's clips are waiting already."""

    status = 409
    code = "too_many"


def request_trial(*, owner, upload: TemporaryUploadedFile, model: str = "") -> Trial:
    """Have a clip heard; while that goes on, asking the same again gives the same trial.

    Raises `UnknownModel`, or the `AudioError` that says why it is not heard.
    """
    _require_model(model)
    if not upload.size:
        raise Empty("This file is empty.")
    path = Path(upload.temporary_file_path())
    header = io.probe(path)
    limits.check(header)
    sha256 = getattr(upload, "sha256", "") or blobs.sha256_of(path)
    if same := _waiting(owner, sha256, model):
        return same
    _require_room(owner, upload.size)
    kind = media_type(header.container)
    blob = blobs.store(path, content_type=kind.content_type, suffix=kind.suffix, sha256=sha256)
    name = file_name(upload.name or "", otherwise="clip")
    with transaction.atomic():
        get_user_model().objects.select_for_update().get(pk=owner.pk)  # two at once take turns
        if same := _waiting(owner, sha256, model):
            return same
        _require_room(owner, upload.size)
        return _queued(owner, blob, name, model)


def most_bytes() -> int:
    """Of one clip."""
    return min(settings.CLIP_BYTES, settings.MAX_UPLOAD_BYTES)


def _waiting(owner, sha256: str, model: str) -> Trial | None:
    """The same, asked before and not answered yet."""
    mine = _waiting_of(owner).filter(sha256=sha256, asked=model)
    return mine.select_related("job").first()


def _waiting_of(owner) -> QuerySet[Trial]:
    return Trial.objects.filter(owner=owner, job__state__in=Job.ACTIVE)


def _require_room(owner, size: int) -> None:
    """Raise `TooMany`, or `OverQuota`: as long as clips wait, they are kept like songs."""
    waiting = _waiting_of(owner).aggregate(count=Count("pk"), size=Sum("blob__size"))
    if waiting["count"] >= MOST_AT_ONCE:
        raise TooMany(f"{MOST_AT_ONCE} of your clips are waiting already; wait for one of them.")
    quota.check(owner=owner, size=size + (waiting["size"] or 0))


def _queued(owner, blob: Blob, name: str, model: str) -> Trial:
    label = f"Listen to “{name}”"
    job = jobs.enqueue(kind="listen", owner=owner, label=label, priority=PRIORITY)
    job.page = f"/try/{job.pk}/"
    job.save(update_fields=["page"])
    return Trial.objects.create(
        job=job, owner=owner, blob=blob, sha256=blob.sha256, filename=name, asked=model
    )


def _require_model(name: str) -> None:
    names = list(PredictionModel.objects.in_use().values_list("name", flat=True))
    if name and name not in names:
        there = f"there are {', '.join(names)}" if names else "there are none yet"
        raise UnknownModel(f"There is no model “{name}” here; {there}.")


def finished(trial: Trial) -> bool:
    """Wait a little for the answer, if there is a worker; says whether the job is over."""
    until = time.monotonic() + settings.PREDICT_PATIENCE
    if Process.missing({trial.job.queue}, within=settings.JOB_LEASE):
        until = 0.0
    while trial.job.is_active and time.monotonic() < until:
        time.sleep(PAUSE)
        trial.job.refresh_from_db()
    if not trial.job.is_active:
        trial.refresh_from_db(fields=["answer"])
    return not trial.job.is_active


def find(owner, job_id: UUID) -> Trial:
    """A trial of this person; raises `Trial.DoesNotExist`, also an hour after it was asked for."""
    fresh = Q(created_at__gt=now() - KEPT) | Q(job__state__in=Job.ACTIVE)
    return Trial.objects.select_related("job").get(fresh, owner=owner, job=job_id)


def follow_trial(job: Job) -> None:
    """However it ended, the clip goes."""
    trial = Trial.objects.select_related("blob").filter(job=job).first()
    if trial is None or trial.blob is None or job.is_active:
        return
    Trial.objects.filter(pk=trial.pk).update(blob=None)
    transaction.on_commit(partial(_remove, trial.blob, trial.created_at))


def _remove(blob: Blob, since: datetime) -> None:
    """Unless somebody else has it, or has just brought the same bytes: then a sweep decides."""
    if Blob.objects.unused().filter(pk=blob.pk, created_at__lt=since).exists():
        blobs.remove_unused(blob)


def forget() -> None:
    """Remove what was said an hour ago, with its job."""
    old = Trial.objects.filter(created_at__lt=now() - KEPT).exclude(job__state__in=Job.ACTIVE)
    Job.objects.filter(trial__in=old).delete()
