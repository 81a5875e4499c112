"""The life of long work, and the processes that do it."""

import time
import uuid
from collections.abc import Hashable, Iterable
from datetime import datetime, timedelta
from statistics import median

from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.utils.module_loading import import_string
from django.utils.timezone import now

from apps.jobs.interruptions import Cancelled, Interrupted, MadeRoom
from apps.jobs.standing import TAKEN, Standing, due_at, standings
from apps.jobs.worker import stopping

CANCELLED = "It was cancelled. Ask for it again to have it made."
GONE = "What it was for is no longer there."
PATIENCE = 5.0  # seconds between two looks whether somebody shorter waits
STAY = 60.0  # seconds that a job works before it makes room: to take it up again costs some
WORTH_IT = 120.0  # seconds left, from which on a job makes room for a shorter one
MUCH_SHORTER = 4.0  # times
KNOWN, TRUSTED = 0.02, 0.4  # of a job: done by this attempt, its own pace counts; and alone
NEW = object()  # what has no row yet
REPORTED = ("progress", "step", "paced_at", "paced_from")
RECENT = 9  # of a kind, by whose middle one the next is judged


class JobQuerySet(models.QuerySet):
    def owned_by(self, user) -> "JobQuerySet":
        return self.filter(owner=user)

    def visible_to(self, user) -> "JobQuerySet":
        """Their own; staff see everybody's."""
        return self if user.role in {"admin", "staff"} else self.owned_by(user)

    def waiting(self, queue: str) -> "JobQuerySet":
        return self.filter(queue=queue, state=Job.State.QUEUED)

    def in_order(self) -> "JobQuerySet":
        """As they are taken."""
        return self.order_by("-priority", "due_at", "created_at")

    def standings(self, queue: str) -> dict[Hashable, Standing]:
        """The place of each that waits in a queue, and how long until its turn."""
        rows = self.waiting(queue).in_order().only("progress", "expected_seconds")
        return standings(((job.pk, job.takes) for job in rows), self._left_running(queue))

    def _left_running(self, queue: str) -> list[float | None]:
        running = Job.objects.filter(queue=queue, state=Job.State.RUNNING)
        return [job.work_left for job in running]

    def waits(self, queue: str, seconds: Iterable[float]) -> list[float | None]:
        """How long until the turn of something new would come, for each length it might have."""
        rows = list(self.waiting(queue).in_order())
        running, waits = self._left_running(queue), []
        for length in seconds:
            due = due_at(now(), length)
            first = [(job.pk, job.takes) for job in rows if job.goes_before(due)]
            waits.append(standings([*first, (NEW, length)], running)[NEW].wait)
        return waits

    def typical_seconds(self, kind: str) -> float | None:
        """How long work of this kind took lately; None before any was done."""
        done = self.filter(kind=kind, state=Job.State.DONE, started_at__isnull=False)
        times = done.order_by("-ended_at").values_list("started_at", "ended_at")[:RECENT]
        return median((end - start).total_seconds() for start, end in times) if times else None

    def active(self) -> "JobQuerySet":
        return self.filter(state__in=Job.ACTIVE)

    def silent(self) -> "JobQuerySet":
        """Running, but not heard of for longer than a lease."""
        since = now() - timedelta(seconds=settings.JOB_LEASE)
        return self.filter(state=Job.State.RUNNING, beat_at__lt=since)


class Job(models.Model):
    """One piece of long work: queued -> running -> done | failed | cancelled."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    ACTIVE = (State.QUEUED, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=30)  # a key of settings.JOB_KINDS
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    queue = models.CharField(max_length=20)
    label = models.CharField(max_length=200)  # what the person asked for, in their words
    page = models.CharField(max_length=200, blank=True)  # where the result is to be seen
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    priority = models.SmallIntegerField(default=0)
    attempt = models.PositiveIntegerField(default=0)
    attempts_allowed = models.PositiveIntegerField(default=3)
    expected_seconds = models.FloatField(null=True)  # how long it takes, from before it began
    due_at = models.DateTimeField(default=now)  # what the queue is ordered by: `standing.due_at`
    progress = models.FloatField(default=0.0)
    paced_at = models.DateTimeField(null=True)  # when this attempt first said how far it was
    paced_from = models.FloatField(default=0.0)  # and how far that was
    lost_at = models.FloatField(null=True)  # how far it was when it last lost its worker
    step = models.CharField(max_length=80, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    worker = models.CharField(max_length=200, blank=True)
    beat_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()
    _standing: Standing | None = None
    _looked = 0.0  # when it last looked whether somebody shorter waits, by this process's clock

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["queue", "state", "-priority", "due_at"], name="job_next"),
            models.Index(fields=["owner", "-created_at"], name="job_of_owner"),
            models.Index(fields=["state", "beat_at"], name="job_silent"),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.state})"

    # -- taking and keeping ----------------------------------------------------------------------

    @classmethod
    def claim_next(cls, queue: str, worker: str) -> "Job | None":
        """Take the best waiting job of a queue for this worker; None when there is none.

        The UPDATE repeats the condition of the SELECT, so of two workers exactly one wins.
        """
        for job in cls.objects.waiting(queue).in_order()[:8]:
            moment = now()
            taken = (
                cls.objects.waiting(queue)
                .filter(pk=job.pk)
                .update(
                    state=cls.State.RUNNING,
                    attempt=F("attempt") + 1,
                    worker=worker,
                    beat_at=moment,
                    started_at=moment,
                    paced_at=None,
                )
            )
            if taken:
                job.refresh_from_db()
                return job
        return None

    def _mine(self) -> JobQuerySet:
        """This row, as long as this attempt is the one that counts."""
        return Job.objects.filter(pk=self.pk, state=self.State.RUNNING, attempt=self.attempt)

    def confirm(self) -> None:
        """Say that this attempt is alive; raise `Cancelled` when it no longer counts.

        Called inside the transaction that publishes a result, it keeps a worker that was
        given up for dead from changing anything.
        """
        if not self._mine().update(beat_at=now()):
            raise Cancelled

    def report(self, fraction: float, step: str = "") -> None:
        """Record progress (0..1); raise `Cancelled` when the job is no longer this attempt's."""
        if stopping.is_set():
            raise Interrupted
        self.progress = min(max(fraction, 0.0), 1.0)
        self.step = step or self.step
        if self.paced_at is None:
            self.paced_at, self.paced_from = now(), self.progress
        fields = {name: getattr(self, name) for name in REPORTED}
        if not self._mine().update(**fields, beat_at=now()):
            raise Cancelled
        if self._makes_room():
            raise MadeRoom

    def _makes_room(self) -> bool:
        """Does something wait that comes first by the queue's own order, and is much shorter?"""
        left = self.seconds_left
        if not self._goes_on or left is None or left < WORTH_IT:
            return False
        began = self.started_at or now()
        if (now() - began).total_seconds() < STAY or time.monotonic() - self._looked < PATIENCE:
            return False
        self._looked = time.monotonic()
        shorter = Job.objects.waiting(self.queue).filter(
            models.Q(priority__gt=self.priority)
            | models.Q(priority=self.priority, due_at__lt=self.due_at),
            expected_seconds__lt=left / MUCH_SHORTER,
        )
        return shorter.exists()

    # -- ending ----------------------------------------------------------------------------------

    def finish(self) -> bool:
        return self._end(self._mine(), state=self.State.DONE, progress=1.0)

    def fail(self, code: str, sentence: str) -> bool:
        return self._end(self._mine(), state=self.State.FAILED, error_code=code, error=sentence)

    def give_back(self) -> bool:
        """Return it to the queue: the worker is being stopped, which is not the job's fault."""
        return self._back(attempts_allowed=F("attempts_allowed") + 1)

    def requeue(self) -> bool:
        """Let another worker try: the one that had it is gone.

        A job that got on since it last lost one has lost nothing by it; one that is lost at the
        same place again and again uses up its attempts.
        """
        allowed = F("attempts_allowed") + (1 if self._got_on else 0)
        return self._back(attempts_allowed=allowed, lost_at=self.progress)

    def _back(self, **fields) -> bool:
        if not self._goes_on:
            fields["progress"] = 0.0
        return bool(self._mine().update(state=self.State.QUEUED, worker="", **fields))

    def cancel(self) -> bool:
        """Stop it wherever it is; False when it was over already."""
        active = Job.objects.filter(pk=self.pk).active()
        return self._end(
            active, state=self.State.CANCELLED, error_code="cancelled", error=CANCELLED
        )

    def abandon(self) -> bool:
        """End it, if it is still this attempt's: what it was for is no longer there."""
        gone = {"error_code": "cancelled", "error": GONE}
        return self._end(self._mine(), state=self.State.CANCELLED, **gone)

    def retry(self) -> bool:
        """Queue it again after it failed or was cancelled, with fresh attempts."""
        if self._is_once:
            return False
        over = Job.objects.filter(pk=self.pk, state__in=[self.State.FAILED, self.State.CANCELLED])
        return self._changed(
            over,
            state=self.State.QUEUED,
            attempts_allowed=F("attempt") + settings.JOB_ATTEMPTS,
            progress=0.0,
            lost_at=None,
            step="",
            error="",
            error_code="",
            worker="",
            started_at=None,
            ended_at=None,
        )

    def _end(self, rows: JobQuerySet, **fields) -> bool:
        return self._changed(rows, ended_at=now(), step="", **fields)

    @transaction.atomic
    def _changed(self, rows: JobQuerySet, **fields) -> bool:
        """Make a change, and if it counted let the app whose work this is follow it."""
        if not rows.update(**fields):
            return False
        self.refresh_from_db()
        if follow := settings.JOB_KINDS[self.kind].get("follow"):
            import_string(follow)(self)
        return True

    # -- facts -----------------------------------------------------------------------------------

    def goes_before(self, due: datetime) -> bool:
        """Would it be taken before something usual that is due then?"""
        return self.priority > 0 or (self.priority == 0 and self.due_at <= due)

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE

    @property
    def can_be_retried(self) -> bool:
        """Not when what it was to work on goes with its end."""
        over = self.state in (self.State.FAILED, self.State.CANCELLED)
        return over and not self._is_once

    @property
    def _is_once(self) -> bool:
        return bool(settings.JOB_KINDS.get(self.kind, {}).get("once"))

    @property
    def _got_on(self) -> bool:
        """Has it done more than when it last lost its worker?"""
        return self._goes_on and self.progress > (self.lost_at or 0.0)

    @property
    def used_up(self) -> bool:
        return self.attempt >= self.attempts_allowed and not self._got_on

    @property
    def _goes_on(self) -> bool:
        """Does a later attempt take up what an earlier one has done?"""
        return bool(settings.JOB_KINDS.get(self.kind, {}).get("goes_on"))

    @property
    def seconds_left(self) -> float | None:
        """Until it is done, waiting included; None where that cannot be told."""
        if self.state == self.State.QUEUED:
            wait, takes = self.standing.wait, self.takes
            return None if wait is None or takes is None else wait + takes
        return self.work_left if self.state == self.State.RUNNING else None

    @property
    def takes(self) -> float | None:
        """How long a worker will have to do with it, as foreseen; less what was done before."""
        seconds = self.expected_seconds
        return None if seconds is None else seconds * (1 - self.progress)

    @property
    def work_left(self) -> float | None:
        """By what was foreseen, and the more it has done, by its own pace."""
        own, done = self._at_own_pace()
        if own is None:
            return self.takes
        if self.takes is None:
            return own
        weight = min(1.0, done / TRUSTED)
        return weight * own + (1 - weight) * self.takes

    def _at_own_pace(self) -> tuple[float | None, float]:
        """Seconds left by its pace since this attempt began, and how much that has done."""
        since, base = self.started_at, 0.0
        if self._goes_on or self.progress > self.paced_from:  # loading is over by the first report
            since, base = self.paced_at, self.paced_from
        done = self.progress - base
        if since is None or done < KNOWN:
            return None, 0.0
        return (now() - since).total_seconds() * (1 - self.progress) / done, done

    @property
    def standing(self) -> Standing:
        """Its place in the queue and how long until its turn. Of many, see `with_places`."""
        if self._standing is None:
            Job.with_places([self])
        return self._standing or TAKEN

    @property
    def place(self) -> int | None:
        """Its place in the queue, 1 is next; None unless it waits."""
        return self.standing.place if self.state == self.State.QUEUED else None

    @classmethod
    def with_places(cls, jobs: Iterable["Job"]) -> list["Job"]:
        """The same jobs, their places in their queues found together."""
        listed = list(jobs)
        queues = {job.queue for job in listed if job.state == cls.State.QUEUED}
        known: dict[Hashable, Standing] = {}
        for queue in queues:
            known |= cls.objects.standings(queue)
        for job in listed:
            job._standing = known.get(job.pk, TAKEN)
        return listed


class Process(models.Model):
    """A worker or the beat, last heard of at a moment."""

    name = models.CharField(max_length=40, primary_key=True)
    worker = models.CharField(max_length=200)
    heard_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def heard(cls, name: str, worker: str) -> None:
        cls.objects.update_or_create(name=name, defaults={"worker": worker, "heard_at": now()})

    @classmethod
    def missing(cls, names: set[str], *, within: float) -> set[str]:
        """Which of these have not been heard of in the last seconds."""
        recent = cls.objects.filter(heard_at__gt=now() - timedelta(seconds=within))
        return names - set(recent.values_list("name", flat=True))
