"""Stems: computed once for the same bytes and settings, shared by all who ask."""

import uuid

from django.conf import settings
from django.db import models

from apps.files.models import Blob, Track
from apps.jobs import services as jobs
from apps.jobs.models import Job


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
        )
        self.save(update_fields=["job"])

    @property
    def is_complete(self) -> bool:
        return self.completed_at is not None


class Stem(models.Model):
    """One part of a mix."""

    stem_set = models.ForeignKey(StemSet, on_delete=models.CASCADE, related_name="stems")
    name = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField()
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="stems")

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
    created_at = models.DateTimeField(auto_now_add=True)

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
    def own_job(self) -> Job | None:
        """The job behind it, if this person asked for it; another's is not to be seen."""
        job = self.stem_set.job
        return job if job and job.owner_id == self.owner_id else None
