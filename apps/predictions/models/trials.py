"""Clips that are heard and not kept."""

from django.conf import settings
from django.db import models

from apps.files.models import Blob
from apps.jobs.models import Job


class Trial(models.Model):
    """A clip that somebody has heard without keeping it."""

    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="trial")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="trials", null=True)
    sha256 = models.CharField(max_length=64)
    filename = models.CharField(max_length=255)
    asked = models.CharField(max_length=40, blank=True)  # the one model; empty: all of them
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return self.filename
