"""Stems: computed once for the same bytes and settings, shared by all who ask."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.timezone import now

from apps.files.models import Blob, Track
from apps.jobs import services as jobs
from apps.jobs.models import Job
from apps.separation.callback_models import Callback, Delivery
from apps.separation.mix_models import Mix, StemWave
from apps.separation.paces import Forecast, Pace
from apps.separation.removed_models import RemovedStem
from audio.stems import ENGINES, DType, EngineFacts

__all__ = [
    "Callback", "Delivery", "Mix", "Pace", "RemovedStem", "Separation", "Stem", "StemSet",
    "StemWave",
]  # fmt: skip


class StemSetQuerySet(models.QuerySet):
    def unwanted(self) -> "StemSetQuerySet":
        """Sets nobody wishes for: those who did have deleted their song, or are gone."""
        return self.filter(separations=None)

    def orphaned(self) -> "StemSetQuerySet":
        """Sets somebody waits for, whose job went with the person who had asked first."""
        return self.filter(completed_at=None, job=None).exclude(separations=None)


class StemSet(models.Model):
    """The stems of a recording by one engine with one set of parameters."""

    key = models.CharField(max_length=64, unique=True)  # digest of what it was made from
    sha256 = models.CharField(max_length=64)  # of the mix
    engine = models.CharField(max_length=40)
    engine_version = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict)
    gain_db = models.FloatField(default=0.0)  # all stems alike, so that none clips
    residual_db = models.FloatField(null=True)  # of their sum, below the mix; None: not all made
    job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    completed_at = models.DateTimeField(null=True)

    objects = StemSetQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.engine} of {self.sha256[:8]}"

    def queue_for(self, separation: "Separation") -> None:
        """Have it made for one of those who wish for it."""
        track = separation.track
        self.job = jobs.enqueue(
            kind="separate",
            owner=separation.owner,
            label=f"Unmix “{track.title}”",
            page=f"/songs/{track.pk}/",
            expected_seconds=self.forecast(track.seconds or 0.0).seconds,
        )
        self.save(update_fields=["job"])

    def forecast(self, seconds: float) -> Forecast:
        """How long it takes to make it, of a recording that is so long."""
        return Pace.forecast(
            engine=self.engine, seconds=seconds, stems=self.asked, dtype=self.dtype
        )

    @property
    def is_complete(self) -> bool:
        return self.completed_at is not None

    @property
    def asked(self) -> tuple[str, ...]:
        """The stems that were asked for; empty for all."""
        return tuple(self.parameters.get("stems", ()))

    @property
    def dtype(self) -> DType:
        """The precision that was asked for."""
        dtype: DType = self.parameters.get("dtype", "auto")
        return dtype

    @property
    def softer_db(self) -> float:
        """By how much the stems together are softer than the song."""
        return -self.gain_db

    @property
    def facts(self) -> EngineFacts | None:
        """What is known of its engine; None of one that is gone."""
        return ENGINES.get(self.engine)


class Stem(models.Model):
    """One part of a mix."""

    stem_set = models.ForeignKey(StemSet, on_delete=models.CASCADE, related_name="stems")
    name = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField()
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="stems")
    share = models.FloatField(null=True)  # of the energy of all stems, 0..1
    silence = models.FloatField(null=True)  # of the time, 0..1

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["stem_set", "name"], name="stem_once")]

    def __str__(self) -> str:
        return self.name


class SeparationQuerySet(models.QuerySet):
    def owned_by(self, user) -> "SeparationQuerySet":
        return self.filter(owner=user)


class Separation(models.Model):
    """A person's wish for the stems of a track."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="separations")
    stem_set = models.ForeignKey(StemSet, on_delete=models.PROTECT, related_name="separations")
    format = models.CharField(max_length=20, default="flac")  # to be handed out in
    bitrate = models.PositiveIntegerField(null=True)  # kbit/s, of formats that have one
    created_at = models.DateTimeField(auto_now_add=True)
    asked_at = models.DateTimeField(default=now)  # last

    objects = SeparationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "track", "stem_set"], name="separation_once")
        ]

    def __str__(self) -> str:
        return f"{self.track} by {self.stem_set.engine}"

    @property
    def state(self) -> str:
        """The state of the work behind it."""
        if self.stem_set.is_complete:
            return Job.State.DONE
        return self.stem_set.job.state if self.stem_set.job else Job.State.QUEUED

    @property
    def progress(self) -> float:
        """0..1, of the work behind it, whoever's job that is."""
        if self.stem_set.is_complete:
            return 1.0
        return self.stem_set.job.progress if self.stem_set.job else 0.0

    @property
    def stems(self) -> list[Stem]:
        """Those that this person has not thrown away."""
        gone = {row.name for row in self.removed.all()}
        return [stem for stem in self.stem_set.stems.all() if stem.name not in gone]

    @property
    def error(self) -> dict[str, str] | None:
        """Why it failed. Another person's job may have words about their song: not those."""
        job, own = self.stem_set.job, self.own_job
        if job is None or self.state != Job.State.FAILED:
            return None
        return {"code": job.error_code, "message": own.error if own else ""}

    @property
    def own_job(self) -> Job | None:
        """The job behind it, if this person asked for it; another's is not to be seen."""
        job = self.stem_set.job
        return job if job and job.owner_id == self.owner_id else None
