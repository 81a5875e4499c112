"""What an admin can ask about heads trained here: install one, put it into service, go back."""

from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import now

from apps.files import blobs
from apps.predictions import archive
from apps.predictions.models import TrainedHead
from apps.predictions.telling import tell_workers

KIND = "genre"
NONE_BEFORE = "No trained head is in service; there is nothing to roll back."


def heads() -> QuerySet[TrainedHead]:
    """The newest first."""
    return TrainedHead.objects.select_related("blob")


def called(version: str) -> TrainedHead:
    """The head of this version; raises `ValidationError` that lists those there are."""
    if head := heads().filter(version=version).first():
        return head
    known = list(heads().values_list("version", flat=True))
    there = f"there are {', '.join(known)}" if known else "there are none yet"
    raise ValidationError(f"There is no trained head “{version}”; {there}.")


def install(folder: Path) -> TrainedHead:
    """Take in what training wrote into a folder; the same once more is the head that is there.

    It is not in service yet. Raises `ValidationError` for a folder that holds something else.
    """
    scores = archive.particulars(folder)
    with blobs.scratch() as scratch:
        packed = scratch / "head.zip"
        archive.pack(folder, packed)
        sha256 = blobs.sha256_of(packed)
        if known := TrainedHead.objects.filter(blob__sha256=sha256).first():
            return known
        blob = blobs.store(packed, content_type="application/zip", sha256=sha256)
    head, _ = TrainedHead.objects.get_or_create(
        kind=KIND, version=_version(scores, sha256), defaults={"blob": blob, "scores": scores}
    )
    return head


def _version(scores: dict, sha256: str) -> str:
    """As training called it, and what tells it from others that are called so."""
    name = str(next(iter(scores.values()))["version"])[:24]
    return f"{name}+{sha256[:8]}"


def put_into_service(head: TrainedHead) -> None:
    """Let new recordings be heard by this head; the one before it is kept to go back to."""
    with transaction.atomic():
        _relieve(keep=True, but=head)
        TrainedHead.objects.filter(pk=head.pk, in_service_since=None).update(
            in_service_since=now(), served_until=None
        )
    tell_workers()


def put_shipped_into_service() -> None:
    """Let new recordings be heard by the shipped heads again; those trained here are kept."""
    with transaction.atomic():
        _relieve(keep=True)
    tell_workers()


def roll_back() -> TrainedHead | None:
    """Put the head before this one into service again; None: those shipped are.

    Raises `ValidationError` when those shipped are in service already.
    """
    with transaction.atomic():
        if not _relieve(keep=False):
            raise ValidationError(NONE_BEFORE)
        served = TrainedHead.objects.filter(kind=KIND, served_until__isnull=False)
        if before := served.order_by("-served_until").first():
            TrainedHead.objects.filter(pk=before.pk).update(
                in_service_since=now(), served_until=None
            )
    tell_workers()
    return before


def _relieve(*, keep: bool, but: TrainedHead | None = None) -> int:
    """Take out of service what is in it; `keep` it as one to come back to."""
    serving = TrainedHead.objects.filter(kind=KIND, in_service_since__isnull=False)
    if but:
        serving = serving.exclude(pk=but.pk)
    return serving.update(in_service_since=None, served_until=now() if keep else None)
