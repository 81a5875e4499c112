"""Whether what arrives has changed: each look at it, and the alarms that were raised."""

import uuid
from typing import Self

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import F, Max
from django.utils.timezone import now

from apps.jobs.models import Job
from audio.drift.watch import Watch


def today() -> float:
    """The day of a `Watch`, counted from 1970."""
    return now().timestamp() / 86_400


class DriftWatch(models.Model):
    """What is known of one stream, and what is left of its allowance of false alarms."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SCARCE = "too little data"
        QUIET = "no drift"
        DRIFT = "drift"

    stream = models.CharField(max_length=40, primary_key=True)  # a key of settings.DRIFT_STREAMS
    state = models.CharField(max_length=20, choices=State, default=State.WAITING)
    sentence = models.TextField(blank=True)  # what the last look came to
    reach = models.TextField(blank=True)  # what it could have seen
    purse = models.JSONField(default=dict)  # an `audio.drift.watch.Watch`
    seen = models.CharField(max_length=200, blank=True)  # what there was, when it was looked
    serial = models.PositiveIntegerField(default=0)  # of changes: who overlooked one starts anew
    checked_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)
    rates = models.JSONField(default=dict)  # of false alarms, measured on this library
    measured_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["stream"]
        verbose_name_plural = "drift watches"

    def __str__(self) -> str:
        return self.stream

    @classmethod
    def of(cls, stream: str) -> Self:
        start = {"purse": Watch.start(today()).as_dict()}
        return cls.objects.get_or_create(stream=stream, defaults=start)[0]

    @property
    def allowance(self) -> Watch:
        return Watch.of(self.purse)

    def settle(self, **fields) -> bool:
        """Write down what a look came to; False when something has changed meanwhile."""
        mine = DriftWatch.objects.filter(pk=self.pk, serial=self.serial)
        return bool(mine.update(serial=F("serial") + 1, checked_at=now(), **fields))

    def look_again(self) -> None:
        """Other songs count now; a look that is being made is void."""
        DriftWatch.objects.filter(pk=self.pk).update(serial=F("serial") + 1, seen="")

    def begin_anew(self, sentence: str) -> None:
        """Somebody has dealt with an alarm: the allowance of false alarms is whole again."""
        purse = self.allowance.renewed(today()).as_dict()
        DriftWatch.objects.filter(pk=self.pk).update(
            purse=purse, state=self.State.WAITING, sentence=sentence
        )


class DriftLogQuerySet(models.QuerySet):
    def open(self) -> "DriftLogQuerySet":
        return self.filter(state__in=DriftLog.OPEN)

    def excluded(self) -> list[tuple[float, float]]:
        """When what does not count arrived: from and to, in seconds since 1970."""
        rows = self.filter(state=DriftLog.State.EXCLUDED).values_list("window_start", "window_end")
        return [(start.timestamp(), end.timestamp()) for start, end in rows]

    def new_normal(self) -> float:
        """Since when it is as it is now, in seconds since 1970; what was before does not count."""
        resolved = self.filter(state=DriftLog.State.RESOLVED)
        since = resolved.aggregate(since=Max("window_start"))["since"]
        return since.timestamp() if since else 0.0


class DriftLog(models.Model):
    """An alarm: what arrived in a window of time is not what arrived before."""

    class State(models.TextChoices):
        NEW = "new"
        ACKNOWLEDGED = "acknowledged"
        EXCLUDED = "excluded"  # an accident: what arrived then does not count
        RESOLVED = "resolved"  # it is as it is: the window is what the next are compared with

    OPEN = (State.NEW, State.ACKNOWLEDGED)
    BEFORE = {
        State.NEW: (State.ACKNOWLEDGED, State.EXCLUDED, State.RESOLVED),
        State.ACKNOWLEDGED: (State.NEW,),
        State.EXCLUDED: OPEN,
        State.RESOLVED: OPEN,
    }  # what can become it

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    watch = models.ForeignKey(DriftWatch, on_delete=models.CASCADE, related_name="alarms")
    cause = models.CharField(max_length=40)  # of alarms with one cause at most one is open
    state = models.CharField(max_length=20, choices=State, default=State.NEW, db_index=True)
    measure = models.CharField(max_length=80)  # the one that was most surprised
    statistic = models.FloatField()  # its distance
    effect = models.FloatField()  # its size, on a scale that does not grow with the units
    p = models.FloatField()  # of all measures together
    alpha = models.FloatField()  # what p had to be under
    reference_units = models.PositiveIntegerField()
    window_units = models.PositiveIntegerField()
    window_start = models.DateTimeField()
    window_end = models.DateTimeField()
    power = models.TextField(blank=True)  # a sentence: what could have been seen
    tests = models.JSONField(default=list)  # each measure: name, statistic, p, effect
    drivers = models.JSONField(default=list)  # columns, those furthest apart first
    labels = models.JSONField(default=dict)  # {model: {label: share in the window less before}}
    songs = models.JSONField(default=list)  # ids of tracks that speak most for it
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(auto_now_add=True)  # by the last look that still saw it
    times = models.PositiveIntegerField(default=1)  # looks that saw it
    changed_at = models.DateTimeField(null=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    objects = DriftLogQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["watch", "cause"],
                condition=models.Q(state__in=["new", "acknowledged"]),
                name="one_open_alarm_per_cause",
            )
        ]

    def __str__(self) -> str:
        return f"{self.watch_id}: {self.cause} ({self.state})"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def can_become(self) -> list[str]:
        return [state for state, before in self.BEFORE.items() if self.state in before]

    def become(self, state: str, *, by) -> bool:
        """Move on to this state; False when that is not possible (any more)."""
        possible = DriftLog.objects.filter(pk=self.pk, state__in=self.BEFORE[self.State(state)])
        try:
            with transaction.atomic():
                done = possible.update(state=state, changed_at=now(), changed_by=by)
        except IntegrityError:  # another one of this cause is open
            return False
        self.refresh_from_db()
        return bool(done)


class DriftLook(models.Model):
    """One look, so that looks can be plotted: a few dozen a year."""

    watch = models.ForeignKey(DriftWatch, on_delete=models.CASCADE, related_name="looks")
    alarm = models.ForeignKey(DriftLog, on_delete=models.SET_NULL, null=True, related_name="looks")
    made_at = models.DateTimeField(auto_now_add=True)
    p = models.FloatField()
    alpha = models.FloatField()
    effects = models.JSONField(default=dict)  # by measure
    reference_units = models.PositiveIntegerField()
    window_units = models.PositiveIntegerField()
    smallest = models.FloatField(null=True)  # the share of a window that would have been noticed

    class Meta:
        ordering = ["made_at", "id"]

    def __str__(self) -> str:
        return f"{self.watch_id} {self.made_at:%Y-%m-%d %H:%M}"


class DriftNotice(models.Model):
    """That somebody is to be told of an alarm, by one channel, once."""

    class Channel(models.TextChoices):
        MAIL = "mail"
        WEBHOOK = "webhook"

    TRIES = 8  # the last is about four hours after the first

    alarm = models.ForeignKey(DriftLog, on_delete=models.CASCADE, related_name="notices")
    channel = models.CharField(max_length=10, choices=Channel)
    job = models.OneToOneField(
        Job, on_delete=models.SET_NULL, null=True, related_name="drift_notice"
    )
    tries = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(default=now)  # when it is tried again, should it fail
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["alarm", "channel"], name="drift_notice_once")
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.alarm}"
