"""What an admin can ask about heads trained here: install one, put it into service, go back."""

from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import now

from apps.files import blobs
from apps.predictions import archive
from apps.predictions.models import HeadSwitch, TrainedHead
from apps.predictions.particulars import particulars
from apps.predictions.telling import tell_workers

KIND = "genre"
NONE_BEFORE = "Those shipped have been in service all along; there is nothing to roll back."


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
    scores = particulars(folder)
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


@transaction.atomic
def put_into_service(head: TrainedHead) -> None:
    """Let new recordings be heard by this head; what was before is kept to go back to."""
    _switch_to(head)


@transaction.atomic
def put_shipped_into_service() -> None:
    """Let new recordings be heard by the shipped heads again; those trained here are kept."""
    _switch_to(None)


@transaction.atomic
def roll_back() -> TrainedHead | None:
    """Undo the last switch, and say what is in service now; None: those shipped are.

    Raises `ValidationError` when there is nothing before.
    """
    switches = HeadSwitch.objects.select_for_update(of=("self",)).filter(kind=KIND)
    before = _before(list(switches.select_related("head")), _serving())
    _serve(before)
    return before


def _switch_to(head: TrainedHead | None) -> None:
    if head != _serving():
        HeadSwitch.objects.create(kind=KIND, head=head)
        _serve(head)


def _before(switches: list[HeadSwitch], serving: TrainedHead | None) -> TrainedHead | None:
    """What was in service before this; the switches since are undone.

    Where a head in between was deleted, two switches may lead to the same.
    """
    for switch in switches:
        if switch.head != serving:
            return switch.head
        switch.delete()
    if serving is None:
        raise ValidationError(NONE_BEFORE)
    return None


def _serving() -> TrainedHead | None:
    return TrainedHead.objects.filter(kind=KIND, in_service_since__isnull=False).first()


def _serve(head: TrainedHead | None) -> None:
    mine = TrainedHead.objects.filter(kind=KIND)
    mine.update(in_service_since=None)
    if head:
        mine.filter(pk=head.pk).update(in_service_since=now())
    tell_workers()
