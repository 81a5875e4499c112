"""What a mixer shows and what is taken away from it: outlines of stems, and mixes."""

import uuid

from django.conf import settings
from django.db import models

from apps.files.models import Blob
from apps.jobs.models import Job
from apps.jobs.templatetags.durations import clock
from audio.formats import FORMATS


class StemWave(models.Model):
    """The outline of a stem, to be drawn; without a blob while it is still being made."""

    stem = models.OneToOneField("separation.Stem", on_delete=models.CASCADE, related_name="wave")
    blob = models.ForeignKey(
        Blob, on_delete=models.PROTECT, related_name="waveform_of_stem", null=True
    )
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True)

    def __str__(self) -> str:
        return f"outline of {self.stem}"


class MixQuerySet(models.QuerySet):
    def owned_by(self, user) -> "MixQuerySet":
        return self.filter(owner=user)

    def made(self) -> "MixQuerySet":
        return self.exclude(blob=None)


class Mix(models.Model):
    """A mix of stems: as settings, then as sound. The same wish twice is the same mix."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    separation = models.ForeignKey(
        "separation.Separation", on_delete=models.CASCADE, related_name="mixes"
    )
    key = models.CharField(max_length=64, db_index=True)  # of the stems and all of the settings
    settings = models.JSONField()  # stems: {name: {gain_db, pan}}, region [start, stop] s, speed
    format = models.CharField(max_length=20)  # a name of audio.formats.FORMATS
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="mixes", null=True)
    seconds = models.FloatField(default=0.0)
    gain_db = models.FloatField(default=0.0)  # by which all of it was made softer, not to clip
    job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MixQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "mixes"
        constraints = [
            models.UniqueConstraint(fields=["separation", "key"], name="mix_once_per_separation")
        ]

    def __str__(self) -> str:
        return f"mix of {self.separation}"

    @property
    def state(self) -> str:
        """The state of the work behind it; what was made and then lost has failed."""
        if self.blob_id:
            return Job.State.DONE
        if self.job is None or self.job.state == Job.State.DONE:
            return Job.State.FAILED
        return self.job.state

    @property
    def is_wanted(self) -> bool:
        """Is it neither made nor in the making?"""
        return self.blob_id is None and not (self.job and self.job.is_active)

    @property
    def summary(self) -> str:
        """What it is, in a line: “drums, bass −3 dB · from 0:10 to 0:40 · ×0.8 · MP3”."""
        parts = [", ".join(map(_strip_text, *zip(*self.settings["stems"].items(), strict=True)))]
        if region := self.settings["region"]:
            parts.append(f"from {clock(region[0])} to {clock(region[1])}")
        if self.settings["speed"] != 1:
            parts.append(f"×{self.settings['speed']:g}")
        return " · ".join([*parts, FORMATS[self.format].title])


def _strip_text(name: str, strip: dict[str, float]) -> str:
    gain_db, pan = strip["gain_db"], strip["pan"]
    level = f" {gain_db:+g} dB".replace("-", "−") if gain_db else ""
    place = f" {abs(pan):.0%} {'left' if pan < 0 else 'right'}" if pan else ""
    return f"{name}{level}{place}"
