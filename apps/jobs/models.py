"""The life of long work, and the processes that do it."""

import uuid
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils.module_loading import import_string
from django.utils.timezone import now

from apps.jobs.worker import stopping


class Cancelled(Exception):
    """The job is no longer this attempt's: somebody cancelled it, or a later attempt has it."""


class Interrupted(Exception):
    """This worker is being stopped; the job goes back to the queue."""


class JobQuerySet(models.QuerySet):
    def owned_by(self, user) -> "JobQuerySet":
        return self.filter(owner=user)

    def visible_to(self, user) -> "JobQuerySet":
        """Their own; staff see everybody's."""
        return self if user.role in {"admin", "staff"} else self.owned_by(user)

    def waiting(self, queue: str) -> "JobQuerySet":
        return self.filter(queue=queue, state=Job.State.QUEUED)

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
    progress = models.FloatField(default=0.0)
    step = models.CharField(max_length=80, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    worker = models.CharField(max_length=200, blank=True)
    beat_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()
    _place: int | None = None

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["queue", "state", "-priority", "created_at"], name="job_next"),
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
        for job in cls.objects.waiting(queue).order_by("-priority", "created_at")[:8]:
            moment = now()
            taken = (
                cls.objects.waiting(queue)
                .filter(pk=job.pk)
                .update(
                    state=cls.State.RUNNING,
                    attempt=F("attempt") + 1,
                    worker=worker,
                    progress=0.0,
                    beat_at=moment,
                    started_at=moment,
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
        if not self._mine().update(progress=self.progress, step=self.step, beat_at=now()):
            raise Cancelled

    # -- ending ----------------------------------------------------------------------------------

    def finish(self) -> bool:
        return self._end(self._mine(), state=self.State.DONE, progress=1.0)

    def fail(self, code: str, sentence: str) -> bool:
        return self._end(self._mine(), state=self.State.FAILED, error_code=code, error=sentence)

    def give_back(self) -> bool:
        """Return it to the queue: the worker is being stopped, which is not the job's fault."""
        return bool(
            self._mine().update(
                state=self.State.QUEUED, worker="", attempts_allowed=F("attempts_allowed") + 1
            )
        )

    def requeue(self) -> bool:
        """Let another worker try: the one that had it is gone."""
        return bool(self._mine().update(state=self.State.QUEUED, worker=""))

    def cancel(self) -> bool:
        """Stop it wherever it is; False when it was over already."""
        active = Job.objects.filter(pk=self.pk).active()
        return self._end(active, state=self.State.CANCELLED, error="")

    def abandon(self) -> bool:
        """End it, if it is still this attempt's: what it was for is no longer there."""
        return self._end(self._mine(), state=self.State.CANCELLED)

    def retry(self) -> bool:
        """Queue it again after it failed or was cancelled, with fresh attempts."""
        if self._is_once:
            return False
        over = Job.objects.filter(pk=self.pk, state__in=[self.State.FAILED, self.State.CANCELLED])
        again = over.update(
            state=self.State.QUEUED,
            attempts_allowed=F("attempt") + settings.JOB_ATTEMPTS,
            progress=0.0,
            step="",
            error="",
            error_code="",
            worker="",
            started_at=None,
            ended_at=None,
        )
        return self._changed(again)

    def _end(self, rows: JobQuerySet, **fields) -> bool:
        return self._changed(rows.update(ended_at=now(), step="", **fields))

    def _changed(self, rows_updated: int) -> bool:
        """After a change that counted, let the app whose work this is follow it."""
        if not rows_updated:
            return False
        self.refresh_from_db()
        if follow := settings.JOB_KINDS[self.kind].get("follow"):
            import_string(follow)(self)
        return True

    # -- facts -----------------------------------------------------------------------------------

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
    def used_up(self) -> bool:
        return self.attempt >= self.attempts_allowed

    @property
    def seconds_left(self) -> float | None:
        """From the pace so far; None before there is one."""
        if self.state != self.State.RUNNING or self.progress < 0.02 or self.started_at is None:
            return None
        elapsed = (now() - self.started_at).total_seconds()
        return elapsed * (1 - self.progress) / self.progress

    @property
    def place(self) -> int | None:
        """Its place in the queue, 1 is next; None unless it waits. Of many, see `with_places`."""
        if self.state != self.State.QUEUED:
            return None
        if self._place is None:
            Job.with_places([self])
        return self._place

    @classmethod
    def with_places(cls, jobs: Iterable["Job"]) -> list["Job"]:
        """The same jobs, their places in the queue found with one query."""
        listed = list(jobs)
        waiting = cls.objects.filter(state=cls.State.QUEUED).order_by("-priority", "created_at")
        behind: Counter[str] = Counter()
        places = {}
        for pk, queue in waiting.values_list("pk", "queue"):
            behind[queue] += 1
            places[pk] = behind[queue]
        for job in listed:
            job._place = places.get(job.pk)
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
