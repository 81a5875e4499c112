"""What models say of recordings, generation by generation."""

import io
import uuid
from collections.abc import Iterable

import numpy as np
from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils.timezone import now

from apps.files.models import Blob, Tag, Track
from apps.jobs import services as jobs
from apps.jobs.models import Job

GENRES = ("genre-ensemble", "genre-forest")  # whose genre is shown: the first that says one
TAGS, TEMPO, KEY = "tags", "tempo", "key"


def packed(numbers: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, numbers.astype(np.float16), allow_pickle=False)
    return file.getvalue()


def unpacked(data: bytes | memoryview) -> np.ndarray:
    """float32"""
    return np.load(io.BytesIO(data), allow_pickle=False).astype(np.float32)


class PredictionModelQuerySet(models.QuerySet):
    def in_use(self) -> "PredictionModelQuerySet":
        """Those that today's recordings are heard by, in the order they are shown in."""
        return self.filter(place__isnull=False).order_by("place")


class PredictionModel(models.Model):
    """One version of a model; what only a worker can know of it is here for the web to read."""

    name = models.CharField(max_length=40)
    version = models.CharField(max_length=40)
    labels = models.JSONField(default=list)
    threshold = models.FloatField(null=True)  # None: the product's default
    exclusive = models.BooleanField(default=True)  # one label excludes the others
    scores = models.JSONField(default=dict)  # what its training wrote down
    missing = models.TextField(blank=True)  # why it cannot be asked here
    place = models.PositiveSmallIntegerField(null=True)  # among those in use; None: not in use
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PredictionModelQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="model_version")]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def limit(self) -> float:
        """The probability from which it is taken at its word."""
        return settings.CONFIDENCE if self.threshold is None else self.threshold


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
    overall = models.BinaryField(default=b"")  # the same for the whole recording, [labels]
    label = models.CharField(max_length=80, blank=True, db_index=True)
    confidence = models.FloatField(default=0.0)
    value = models.FloatField(null=True)  # what is measured rather than named: BPM
    values = models.JSONField(null=True)  # the same, one a window
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
        return unpacked(self.array)

    @property
    def all_in_all(self) -> np.ndarray:
        """float32 [labels], of the whole recording"""
        return unpacked(self.overall) if self.overall else self.probabilities.mean(axis=0)


def in_short(sets: Iterable[PredictionSet]) -> dict[str, str | float]:
    """What is said in one word or number, as `CurrentReference` keeps it."""
    said = {made.model.name: made for made in sets}
    genre = next((said[name] for name in GENRES if name in said), None)
    tempo, key = said.get(TEMPO), said.get(KEY)
    return {
        "genre": genre.label if genre else "",
        "genre_confidence": genre.confidence if genre else 0.0,
        "tempo": (tempo and tempo.value) or 0.0,
        "key": key.label if key else "",
    }


def tags_heard(sets: Iterable[PredictionSet]) -> list[str]:
    """The tags that a recording as a whole passes the tagger's threshold for."""
    return [
        label.lower()
        for made in sets
        if made.model.name == TAGS
        for label, probability in zip(made.model.labels, made.all_in_all, strict=True)
        if probability >= made.model.limit
    ]


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
        heard = {"track_id": self.track_id, "origin": Tag.Origin.MODEL}
        Tag.objects.filter(**heard).delete()
        Tag.objects.bulk_create([Tag(**heard, name=name) for name in tags_heard(sets)])


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


class WeightsFetch(models.Model):
    """An admin's wish for a file of pretrained weights."""

    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="weights_fetch")
    name = models.CharField(max_length=80)  # in `audio.weights`

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
    served_until = models.DateTimeField(null=True, editable=False)  # what rolling back goes by

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
