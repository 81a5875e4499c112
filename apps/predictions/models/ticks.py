"""When the beat last looked whether references are those of today's models."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils.timezone import now


class TickQuerySet(models.QuerySet):
    def old(self) -> "TickQuerySet":
        return self.filter(began_at__lt=now() - Tick.kept_for())


class Tick(models.Model):
    """One look: what it came to."""

    began_at = models.DateTimeField(auto_now_add=True, db_index=True)
    models_key = models.CharField(max_length=64, blank=True)
    asked = models.PositiveIntegerField(default=0)  # tracks that are to be heard again
    at_once = models.PositiveIntegerField(default=0)  # new generations of answers known before
    unchanged = models.PositiveIntegerField(default=0)  # tracks of which nothing else is said
    seconds = models.FloatField(default=0.0)

    objects = TickQuerySet.as_manager()

    class Meta:
        ordering = ["-began_at", "-id"]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M}"

    @staticmethod
    def kept_for() -> timedelta:
        return timedelta(days=settings.TICKS_KEPT_DAYS)
