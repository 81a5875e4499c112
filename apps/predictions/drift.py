"""What staff can ask about drift: what is known, acts on an alarm, a test of the detector."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.files.models import Track
from apps.jobs import services as jobs
from apps.jobs.models import Job
from apps.predictions.drift_streams import UNIT_WORDS, Stream, streams
from apps.predictions.models import DriftLog, DriftLook, DriftWatch
from apps.predictions.models.drift import DriftLogQuerySet

SHOWN = 200  # looks: some years of them
ACTIONS = {
    "acknowledge": DriftLog.State.ACKNOWLEDGED,
    "exclude": DriftLog.State.EXCLUDED,
    "resolve": DriftLog.State.RESOLVED,
    "reopen": DriftLog.State.NEW,
}
DEALT_WITH = "An alarm has been dealt with; the next look is due when {step} new {units} are here."
TITLES = {
    "input": "What arrives is different",
    "answer": "What arrives is as before, but the answers are different",
}


@dataclass(frozen=True)
class Known:
    """A stream, and what is known of it; nothing before the first tick."""

    name: str
    stream: Stream
    watch: DriftWatch

    @property
    def sentence(self) -> str:
        return self.watch.sentence or "Nothing has been looked at yet."

    @property
    def left(self) -> float:
        """Of the allowance of false alarms, 0..1"""
        purse = self.watch.allowance if self.watch.purse else None
        return purse.purse / (purse.alpha / 2) if purse else 1.0

    @property
    def rates(self) -> dict[str, Any] | None:
        """Of false alarms; None before they were measured."""
        return self.watch.rates or None

    @property
    def looks(self) -> list[DriftLook]:
        return looks(self.name)


def known() -> list[Known]:
    """Of every stream that is watched."""
    rows = {row.pk: row for row in DriftWatch.objects.all()}
    return [
        Known(name, stream, rows.get(name) or DriftWatch(stream=name))
        for name, stream in streams().items()
    ]


def looks(stream: str) -> list[DriftLook]:
    """The newest, oldest first."""
    return list(DriftLook.objects.filter(watch=stream).reverse()[:SHOWN])[::-1]


def alarms() -> DriftLogQuerySet:
    return DriftLog.objects.select_related("watch", "changed_by")


def title(alarm: DriftLog) -> str:
    return TITLES.get(alarm.cause, alarm.cause)


def unit_words() -> str:
    """What is compared, in the plural."""
    return UNIT_WORDS[settings.DRIFT_UNIT]


@transaction.atomic
def act(alarm: DriftLog, action: str, *, by) -> None:
    """Acknowledge, exclude, resolve or reopen. Raises `ValidationError` where that cannot be."""
    state = ACTIONS[action]
    if alarm.state == state:
        return
    if not alarm.become(state, by=by):
        raise ValidationError(_why_not(alarm, action))
    if state == DriftLog.State.ACKNOWLEDGED:
        return
    alarm.watch.look_again()
    if state != DriftLog.State.NEW:
        step = alarm.watch.allowance.step
        alarm.watch.begin_anew(DEALT_WITH.format(step=step, units=unit_words()))


def _why_not(alarm: DriftLog, action: str) -> str:
    if action == "reopen":
        return "Another alarm of this cause is open."
    return f"This alarm is {alarm.state}: reopen it first."


def songs(alarms: Iterable[DriftLog]) -> dict[UUID, Track]:
    """The songs that drive these alarms, as far as they are still there."""
    ids = {song for alarm in alarms for song in alarm.songs}
    return Track.objects.filter(deleted_at=None).in_bulk([UUID(song) for song in ids])


def request_measurement(owner) -> Job:
    """Have the detector's own false alarms measured; while that runs, it is the same job."""
    if job := Job.objects.active().filter(kind="drift-rates").first():
        return job
    return jobs.enqueue(
        kind="drift-rates", owner=owner, label="Measure false alarms", page="/drift/"
    )
