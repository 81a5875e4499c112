"""Models, and what each says of a recording."""

import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from datetime import timedelta

import numpy as np
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now

from apps.files.models import Track

GENRES = ("genre-ensemble", "genre-forest")  # whose genre is shown: the first that says one
TAGS, TEMPO, KEY = "tags", "tempo", "key"
UNTOLD = timedelta(days=1)  # a job that is to tell of it is over by then


def packed(numbers: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, numbers.astype(np.float16), allow_pickle=False)
    return file.getvalue()


def digest(facts: Mapping | list) -> str:
    """JSON cannot be compared everywhere; this can."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def models_key(asked: Iterable[tuple[str, str, str]]) -> str:
    """Of (name, version, digest of the parameters) of models, in any order."""
    return digest(sorted(asked))


def unpacked(data: bytes | memoryview) -> np.ndarray:
    """float32"""
    return np.load(io.BytesIO(data), allow_pickle=False).astype(np.float32)


class PredictionModelQuerySet(models.QuerySet):
    def in_use(self) -> "PredictionModelQuerySet":
        """Those that today's recordings are heard by, in the order they are shown in."""
        return self.filter(place__isnull=False).order_by("place")

    def able(self) -> "PredictionModelQuerySet":
        """Of those in use, the ones that can be asked here."""
        return self.in_use().filter(missing="")

    def key(self) -> str:
        """Who these are, in short: another version or other parameters, another key."""
        return models_key(self.values_list("name", "version", "parameters_key"))


class PredictionModel(models.Model):
    """One version of a model; what only a worker can know of it is here for the web to read."""

    name = models.CharField(max_length=40)
    version = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict)  # with which it is asked today
    parameters_key = models.CharField(max_length=64, blank=True)
    labels = models.JSONField(default=list)
    threshold = models.FloatField(null=True)  # None: the product's default
    exclusive = models.BooleanField(default=True)  # one label excludes the others
    scores = models.JSONField(default=dict)  # what its training wrote down
    missing = models.TextField(blank=True)  # why it cannot be asked here
    place = models.PositiveSmallIntegerField(null=True)  # among those in use; None: not in use
    vector_names = models.JSONField(default=list)  # of the numbers that it judges by
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


class PredictionSetQuerySet(models.QuerySet):
    def todays(self) -> "PredictionSetQuerySet":
        """What the models in use say, with the parameters they are asked with."""
        rows = self.filter(model__place__isnull=False, parameters_key=F("model__parameters_key"))
        return rows.select_related("model")

    def unused(self) -> "PredictionSetQuerySet":
        """Of recordings that nobody has, or of earlier models and in no reference any more."""
        mine = PredictionSet.objects
        untold = mine.filter(references=None, created_at__lt=now() - UNTOLD)
        earlier = untold.exclude(pk__in=mine.todays().values("pk"))
        nobodys = ~Q(sha256__in=Track.objects.values("sha256"))
        return self.filter(nobodys | Q(pk__in=earlier.values("pk")))

    def in_short(self) -> "PredictionSetQuerySet":
        """Without the windows, which are most of it."""
        return self.select_related("model").defer("array", "starts", "values", "vector")


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
    vector = models.BinaryField(null=True)  # float32: what it judged by, the mean over the windows
    labels = models.JSONField(null=True)  # where its model has others by now
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PredictionSetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sha256", "model", "parameters_key"], name="prediction_set_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model}: {self.label}"

    @property
    def words(self) -> list[str]:
        """The labels it was made with, in the order of its columns."""
        return self.model.labels if self.labels is None else self.labels

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
        for label, probability in zip(made.words, made.all_in_all, strict=False)
        if probability >= made.model.limit
    ]
