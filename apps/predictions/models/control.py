"""Songs whose genre is known, and how well each version of a model tells it."""

from django.conf import settings
from django.db import models

from apps.files.models import Track
from apps.predictions.models.sets import PredictionModel


class ControlLabel(models.Model):
    """What somebody knows a song to be."""

    track = models.OneToOneField(
        Track, on_delete=models.CASCADE, primary_key=True, related_name="control"
    )
    label = models.CharField(max_length=80)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False
    )
    marked_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-marked_at"]

    def __str__(self) -> str:
        return f"{self.track}: {self.label}"


class ControlScore(models.Model):
    """How often one version of a model was right of one set of known songs."""

    model = models.ForeignKey(PredictionModel, on_delete=models.PROTECT, related_name="scored")
    parameters = models.JSONField(default=dict)
    parameters_key = models.CharField(max_length=64)
    labels_key = models.CharField(max_length=64)  # a digest of the songs and what they are
    songs = models.PositiveIntegerField()  # it was asked about
    left_out = models.PositiveIntegerField(default=0)  # it knows no such genre, or heard nothing
    artists = models.PositiveIntegerField()  # a song without one is its own
    accuracy = models.FloatField()
    low = models.FloatField()  # 19 times out of 20 the truth lies from here …
    high = models.FloatField()  # … to here
    calibration_error = models.FloatField()
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["made_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "parameters_key", "labels_key"], name="control_score_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model}: {self.accuracy:.0%}"
