"""Who wants to be told of the end of a separation, and each telling."""

import hashlib
import json
import uuid
from datetime import timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac
from django.utils.timezone import now

from apps.jobs.models import Job

SALT = "apps.separation.callbacks"
TRIES = 12  # with a first wait of 15 s the last one comes after more than eight hours
LONGEST_WAIT = timedelta(hours=4)
KEPT = timedelta(days=30)  # without a separation
OVER = (Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED)
LEASE = timedelta(seconds=60)  # well above what sending one takes


class CallbackQuerySet(models.QuerySet):
    def untold(self) -> "CallbackQuerySet":
        """Those whose separation has ended, and who have not been told."""
        made = Q(separation__stem_set__completed_at__isnull=False)
        over = Q(separation__stem_set__job__state__in=OVER)
        return self.filter(made | over, waits=True)

    def forgotten(self) -> "CallbackQuerySet":
        """Those whose separation was deleted long ago."""
        return self.filter(separation=None, created_at__lt=now() - KEPT)

    def of_job(self, job: Job) -> "CallbackQuerySet":
        """Those who wait for what this job makes, whoever asked for it first."""
        return self.filter(separation__stem_set__job=job)

    def of(self, separation: Any, url: str, data: Any) -> "CallbackQuerySet":
        return self.filter(separation=separation, digest=Callback.digest_of(url, data))


class Callback(models.Model):
    """An address that wants to be told when a separation ends, and what it wants to hear again.

    It stays without its separation, so that it can still be told that this was deleted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    separation = models.ForeignKey(
        "separation.Separation", on_delete=models.SET_NULL, null=True, related_name="callbacks"
    )
    url = models.CharField(max_length=1000)
    data = models.JSONField(null=True)
    digest = models.CharField(max_length=64)  # of these two
    waits = models.BooleanField(default=True)  # for an end it has not been told of
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CallbackQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["separation", "digest"], name="callback_once")
        ]
        indexes = [models.Index(fields=["waits"], condition=Q(waits=True), name="callback_waits")]

    def __str__(self) -> str:
        return self.url

    @staticmethod
    def digest_of(url: str, data: Any) -> str:
        """The same wish to be told has the same one."""
        return hashlib.sha256(json.dumps([url, data], sort_keys=True).encode()).hexdigest()

    @property
    def receiver(self) -> str:
        """The address without its query: what signatures and failures are counted by."""
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))

    @property
    def secret(self) -> str:
        """What this person's messages to this receiver are signed with; it is not kept."""
        about = f"{self.owner_id} {self.receiver}"
        return salted_hmac(SALT, about, algorithm="sha256").hexdigest()


class DeliveryQuerySet(models.QuerySet):
    def due(self) -> "DeliveryQuerySet":
        return self.filter(state=Delivery.State.WAITING, next_at__lte=now())


class Delivery(models.Model):
    """One message to a receiver: waiting -> delivered | given up. Its id stays when it is resent.

    A worker takes it by one conditional UPDATE that puts the next try a lease ahead, so that of
    two workers one sends it, and that of a killed one comes again.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        GIVEN_UP = "given up"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    callback = models.ForeignKey(Callback, on_delete=models.CASCADE, related_name="deliveries")
    receiver = models.CharField(max_length=1000)
    outcome = models.CharField(max_length=10)  # how the separation ended: a state of its job
    content = models.TextField()  # signed and sent as it stands
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    tries = models.PositiveIntegerField(default=0)
    tries_allowed = models.PositiveIntegerField(default=TRIES)
    next_at = models.DateTimeField(default=now)
    status = models.PositiveSmallIntegerField(null=True)  # of the receiver's last answer
    problem = models.CharField(max_length=300, blank=True)  # the last one, as a sentence
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["state", "next_at"], name="delivery_due")]
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"“{self.outcome}” to {self.receiver}"

    # -- taking and keeping ----------------------------------------------------------------------

    @classmethod
    def claim(cls, most: int) -> list["Delivery"]:
        """Take some of those that are due, the longest waiting first."""
        due = cls.objects.due().select_related("callback").order_by("next_at")[: 2 * most]
        return list(islice((one for one in due if one._taken()), most))

    def _taken(self) -> bool:
        if not self._mine().update(tries=F("tries") + 1, next_at=now() + LEASE):
            return False
        self.tries += 1
        return True

    def _mine(self) -> DeliveryQuerySet:
        """This row, as long as no later try has begun."""
        return Delivery.objects.filter(pk=self.pk, state=self.State.WAITING, tries=self.tries)

    # -- ending ----------------------------------------------------------------------------------

    def arrived(self, status: int) -> None:
        self._mine().update(
            state=self.State.DELIVERED, status=status, problem="", delivered_at=now()
        )

    def failed(self, problem: str, status: int | None = None, *, is_final: bool = False) -> None:
        """Have it tried again after twice the time, unless that would be in vain."""
        over = is_final or self.tries >= self.tries_allowed
        self._mine().update(
            state=self.State.GIVEN_UP if over else self.State.WAITING,
            status=status,
            problem=problem[:300],
            next_at=now() + self.wait,
        )

    def resend(self) -> None:
        """Send it from the first try on, whatever became of it."""
        Delivery.objects.filter(pk=self.pk).update(
            state=self.State.WAITING,
            tries_allowed=F("tries") + TRIES,
            next_at=now(),
            delivered_at=None,
        )

    @property
    def wait(self) -> timedelta:
        """Until the next try: twice as long each time, and never longer than some hours."""
        earlier = self.tries - (self.tries_allowed - TRIES) - 1
        return min(first_wait() * 2 ** max(earlier, 0), LONGEST_WAIT)

    @classmethod
    def spare(cls, receiver: str) -> None:
        """Ask nothing of a receiver for a moment: one that hangs must not hold the workers."""
        until = now() + first_wait()
        waiting = cls.objects.filter(receiver=receiver, state=cls.State.WAITING, next_at__lt=until)
        waiting.update(next_at=until)


def first_wait() -> timedelta:
    return timedelta(seconds=settings.CALLBACK_WAIT)
