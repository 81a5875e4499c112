"""How long separating takes here: what was measured, and what that says of the next song."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.db import models

from audio import effort
from audio.stems import ENGINES

RECENT = 5  # measurements, of which the middle one counts: one busy moment is no rule


@dataclass(frozen=True)
class Forecast:
    """How long it will take to separate something, once a worker begins."""

    seconds: float
    measured: bool  # otherwise it is a guess: this engine has not run here


class Pace(models.Model):
    """How long one job took that ran without a break, and by what it was done.

    `speed` is how many seconds passed for each second of work as `audio.effort` counts it, so that
    songs of any length, parts of the stems and, for want of something better, other engines
    can be compared; what passed before the sound was touched is `setup`.
    """

    engine = models.CharField(max_length=40)
    engine_version = models.CharField(max_length=40)
    dtype = models.CharField(max_length=20)  # as it was asked for
    computed = models.CharField(max_length=20)  # what that came to
    threads = models.PositiveSmallIntegerField()
    host = models.CharField(max_length=200)
    seconds = models.FloatField()  # of sound
    setup = models.FloatField()  # seconds
    speed = models.FloatField()
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-made_at", "-id"]
        indexes = [
            models.Index(
                fields=["engine", "engine_version", "dtype", "-made_at"], name="pace_newest"
            )
        ]

    def __str__(self) -> str:
        return f"{self.engine} on {self.host}: {self.speed:.2f}"

    @property
    def machine(self) -> tuple[str, int, str]:
        return self.computed, self.threads, self.host

    @classmethod
    def note(cls, *, took: float, setup: float, seconds: float, work: float, **by: Any) -> None:
        """Write down that separating so much sound took so long, in all and to begin with."""
        cls.objects.create(
            seconds=seconds, setup=setup, speed=(took - setup) / (seconds * work), **by
        )
        old = cls.objects.filter(engine=by["engine"], dtype=by["dtype"]).values("pk")
        cls.objects.filter(pk__in=list(old.values_list("pk", flat=True)[4 * RECENT :])).delete()

    @classmethod
    def forecast(
        cls, *, engine: str, seconds: float, stems: Iterable[str] = (), dtype: str = "auto"
    ) -> Forecast:
        """How long an engine will take for so many seconds of sound.

        By the middle of the last few measurements on the machine that ran it last; where it has
        never run, by those of whatever has.
        """
        facts = ENGINES[engine]
        work = seconds * effort.total(facts, tuple(stems), dtype)
        own = cls.objects.filter(engine=engine, engine_version=facts.version, dtype=dtype)
        measured = own.exists()
        rows = _alike(own if measured else cls.objects.all())
        if not rows:
            return Forecast(work, measured=False)
        setup, speed = (median(getattr(row, name) for row in rows) for name in ("setup", "speed"))
        return Forecast(setup + speed * work, measured=measured)


def _alike(rows: "models.QuerySet[Pace]") -> list[Pace]:
    """The newest, and those before it from the same machine."""
    newest = list(rows[: 3 * RECENT])
    return [row for row in newest if row.machine == newest[0].machine][:RECENT]
