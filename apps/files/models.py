"""Stored bytes, and the recordings people own."""

import uuid

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.db.models import Q

from apps.jobs.models import Job

SEARCH_WORDS = 8


class BlobQuerySet(models.QuerySet):
    def unused(self) -> "BlobQuerySet":
        """Blobs that no row refers to."""
        used = Q()
        for relation in Blob._meta.related_objects:
            used |= Q(**{f"{relation.name}__isnull": False})
        return self.exclude(pk__in=Blob.objects.filter(used).values("pk"))


class Blob(models.Model):
    """Bytes in a storage. Every stored byte of the product is one of these."""

    storage = models.CharField(max_length=20)  # an alias of settings.STORAGES
    key = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    content_type = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = BlobQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["storage", "key"], name="blob_place")]

    def __str__(self) -> str:
        return self.key

    def open(self):
        """The bytes as a readable, seekable file."""
        return storages[self.storage].open(self.key)

    @property
    def suffix(self) -> str:
        return "." + self.key.rpartition(".")[2]


class TrackQuerySet(models.QuerySet):
    def owned_by(self, user) -> "TrackQuerySet":
        return self.filter(owner=user)

    def ready(self) -> "TrackQuerySet":
        return self.filter(state=Track.State.READY)

    def forsaken(self) -> "TrackQuerySet":
        """Waiting to be read, though no job is going to do it."""
        return self.filter(state=Track.State.PROBING).exclude(job__state__in=Job.ACTIVE)

    def search(self, words: str) -> "TrackQuerySet":
        """Every word (of the first few) somewhere in title, artist or album."""
        found = self
        for word in words.replace("\0", "").split()[:SEARCH_WORDS]:
            found = found.filter(
                Q(title__icontains=word) | Q(artist__icontains=word) | Q(album__icontains=word)
            )
        return found


class Track(models.Model):
    """An uploaded recording of one person."""

    class State(models.TextChoices):
        PROBING = "probing"
        READY = "ready"
        UNREADABLE = "unreadable"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="tracks")
    # A copy that every browser plays, where the original is something only studios use.
    playable = models.ForeignKey(
        Blob, on_delete=models.PROTECT, related_name="playable_of", null=True
    )
    waveform = models.ForeignKey(
        Blob, on_delete=models.PROTECT, related_name="waveform_of", null=True
    )
    sha256 = models.CharField(max_length=64)
    filename = models.CharField(max_length=255)
    title = models.CharField(max_length=255)
    artist = models.CharField(max_length=255, blank=True)
    album = models.CharField(max_length=255, blank=True)
    container = models.CharField(max_length=40, blank=True)
    codec = models.CharField(max_length=40, blank=True)
    seconds = models.FloatField(default=0.0)
    sample_rate = models.PositiveIntegerField(default=0)
    channels = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.PROBING)
    problem = models.TextField(blank=True)  # why it is unreadable, for its owner
    remark = models.TextField(blank=True)  # what is odd about a readable one
    job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TrackQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "sha256"], name="track_once_per_owner")
        ]
        indexes = [models.Index(fields=["owner", "-created_at", "-id"], name="track_newest")]

    def __str__(self) -> str:
        return self.title

    @property
    def to_play(self) -> Blob:
        return self.playable or self.blob

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY
