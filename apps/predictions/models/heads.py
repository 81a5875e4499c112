"""What models are made of: weights to be fetched, and heads trained here."""

from django.db import models
from django.db.models import Q

from apps.files.models import Blob
from apps.jobs.models import Job


class WeightsFetch(models.Model):
    """The newest wish for a file of pretrained weights: one row a file, so that one job has it."""

    name = models.CharField(max_length=80, unique=True)  # in `audio.weights`
    job = models.OneToOneField(
        Job, on_delete=models.SET_NULL, null=True, related_name="weights_fetch"
    )

    def __str__(self) -> str:
        return self.name


class TrainedHead(models.Model):
    """What somebody trained on genres of their own: it hears instead of the shipped one."""

    kind = models.CharField(max_length=20, default="genre", editable=False)
    version = models.CharField(max_length=40)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="trained_heads")
    scores = models.JSONField(default=dict)  # by model, as its training wrote them down
    created_at = models.DateTimeField(auto_now_add=True)
    in_service_since = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "version"], name="head_version"),
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(in_service_since__isnull=False),
                name="one_head_in_service",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"


class HeadSwitch(models.Model):
    """That a head was put into service; rolling back takes the newest away."""

    kind = models.CharField(max_length=20, default="genre", editable=False)
    head = models.ForeignKey(
        TrainedHead, on_delete=models.CASCADE, null=True, related_name="switches"
    )  # None: those shipped
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "head switches"

    def __str__(self) -> str:
        return str(self.head or "those shipped")
