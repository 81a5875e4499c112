"""What models say of recordings, generation by generation."""

import io
import uuid
from collections.abc import Iterable

import numpy as np
from django.db import IntegrityError, models, transaction
from django.utils.timezone import now

from apps.files.models import Track
from apps.jobs import services as jobs
from apps.jobs.models import Job

GENRE, TEMPO, KEY = "genre-forest", "tempo", "key"


class PredictionModel(models.Model):
    """One version of a model."""

    name = models.CharField(max_length=40)
    version = models.CharField(max_length=40)
    labels = models.JSONField(default=list)
    threshold = models.FloatField(null=True)  # None: the product's default
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="model_version")]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class PredictionSet(models.Model):
    """All that one model says of one recording: a row per recording, never a row per label."""

    sha256 = models.CharField(max_length=64)
    model = models.ForeignKey(PredictionModel, on_delete=models.PROTECT, related_name="sets")
    parameters = models.JSONField(default=dict)
    parameters_key = models.CharField(
        max_length=64
    )  # a digest: JSON cannot be compared everywhere
    starts = models.JSONField(default=list)  # seconds, one a window
    window = models.FloatField()  # seconds
    array = models.BinaryField()  # float16 [windows, labels], .npy
    label = models.CharField(max_length=80, blank=True, db_index=True)
    confidence = models.FloatField(default=0.0)
    value = models.FloatField(null=True)  # what is measured rather than named: BPM
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sha256", "model", "parameters_key"], name="prediction_set_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model}: {self.label}"

    @property
    def probabilities(self) -> np.ndarray:
        """float32 [windows, labels]"""
        return np.load(io.BytesIO(self.array), allow_pickle=False).astype(np.float32)

    @staticmethod
    def packed(probabilities: np.ndarray) -> bytes:
        file = io.BytesIO()
        np.save(file, probabilities.astype(np.float16), allow_pickle=False)
        return file.getvalue()


def in_short(sets: Iterable[PredictionSet]) -> dict[str, str | float]:
    """What is said in one word or number, as `CurrentReference` keeps it."""
    said = {made.model.name: made for made in sets}
    genre, tempo, key = said.get(GENRE), said.get(TEMPO), said.get(KEY)
    return {
        "genre": genre.label if genre else "",
        "genre_confidence": genre.confidence if genre else 0.0,
        "tempo": (tempo and tempo.value) or 0.0,
        "key": key.label if key else "",
    }


class ReferenceQuerySet(models.QuerySet):
    def in_the_making(self) -> "ReferenceQuerySet":
        return self.filter(published_at=None, abandoned_at=None)

    def current(self) -> "ReferenceQuerySet":
        return self.filter(current_of__isnull=False)


class Reference(models.Model):
    """A generation of predictions of one track; readers see the current one, whole."""

    class Cause(models.TextChoices):
        UPLOAD = "upload"
        REFRESH = "refresh"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="references")
    sets = models.ManyToManyField(PredictionSet, related_name="references")
    cause = models.CharField(max_length=20, choices=Cause, default=Cause.UPLOAD)
    job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True)
    abandoned_at = models.DateTimeField(null=True)  # its job ended without a result

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["track"],
                condition=models.Q(published_at=None, abandoned_at=None),
                name="one_reference_in_the_making",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def request(cls, track: Track, *, cause: str) -> "Reference | None":
        """Ask for a new generation; None when one is in the making already."""
        try:
            with transaction.atomic():
                job = jobs.enqueue(
                    kind="predict",
                    owner=track.owner,
                    label=f"Listen to “{track.title}”",
                    page=f"/songs/{track.pk}/",
                )
                return cls.objects.create(track=track, cause=cause, job=job)
        except IntegrityError:
            return None

    @transaction.atomic
    def publish(self, sets: list[PredictionSet]) -> None:
        """Let readers see this generation, all of it at once."""
        self.sets.set(sets)
        self.published_at = now()
        self.save(update_fields=["published_at"])
        CurrentReference.objects.update_or_create(
            track_id=self.track_id, defaults={"reference": self, **in_short(sets)}
        )


class CurrentReference(models.Model):
    """Which generation of a track readers see: switched in one statement.

    What lists show, sort and filter by stands beside it, so that they need no other table.
    """

    track = models.OneToOneField(
        Track, on_delete=models.CASCADE, primary_key=True, related_name="current"
    )
    reference = models.OneToOneField(
        Reference, on_delete=models.CASCADE, related_name="current_of"
    )
    genre = models.CharField(max_length=80, blank=True, db_index=True)
    genre_confidence = models.FloatField(default=0.0)
    tempo = models.FloatField(default=0.0, db_index=True)  # BPM; 0 where none was found
    key = models.CharField(max_length=20, blank=True, db_index=True)

    def __str__(self) -> str:
        return str(self.reference_id)
