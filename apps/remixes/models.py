"""Beats of recordings, and remixes made of them."""

import uuid

from django.conf import settings
from django.db import models

from apps.files.models import Blob, Track
from apps.jobs.models import Job


class BeatGrid(models.Model):
    """Beats, bars and what each beat sounds like, for the same bytes and analysis version once."""

    sha256 = models.CharField(max_length=64)
    version = models.CharField(max_length=40)
    bpm = models.FloatField()
    confidence = models.FloatField()
    beats = models.PositiveIntegerField()
    arrays = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="beat_grids")  # .npz
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sha256", "version"], name="beat_grid_once")
        ]

    def __str__(self) -> str:
        return f"{self.beats} beats of {self.sha256[:8]}"


class RemixQuerySet(models.QuerySet):
    def owned_by(self, user) -> "RemixQuerySet":
        return self.filter(owner=user)


class Remix(models.Model):
    """A remix as a wish, then as data (the recipe), then as sound."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    title = models.CharField(max_length=255)
    tracks = models.ManyToManyField(Track, related_name="remixes")
    parameters = models.JSONField(default=dict)  # beats, jump_rate, seed
    recipe = models.JSONField(null=True)
    seconds = models.FloatField(default=0.0)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="remixes", null=True)
    waveform = models.ForeignKey(
        Blob, on_delete=models.PROTECT, related_name="waveform_of_remix", null=True
    )
    job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RemixQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["owner", "-created_at", "-id"], name="remix_newest")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_rendered(self) -> bool:
        return self.blob_id is not None
