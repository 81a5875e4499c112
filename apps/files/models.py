"""Stored bytes, and the recordings people own."""

import uuid
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.timezone import now

from apps.jobs.models import Job

ONE_VIEW = timedelta(minutes=10)  # a look, and all that is played meanwhile


class BlobQuerySet(models.QuerySet):
    def unused(self) -> "BlobQuerySet":
        """Blobs that no row refers to; having copies in other formats is no use of its own."""
        used = Q()
        for relation in Blob._meta.related_objects:
            if relation.name == "renditions":
                continue
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
        """Theirs, without those they have deleted and may still want back."""
        return self.filter(owner=user, deleted_at=None)

    def deleted(self) -> "TrackQuerySet":
        return self.exclude(deleted_at=None)

    def ready(self) -> "TrackQuerySet":
        return self.filter(state=Track.State.READY)

    def forsaken(self) -> "TrackQuerySet":
        """Waiting to be read, though no job is going to do it."""
        return self.filter(state=Track.State.PROBING).exclude(job__state__in=Job.ACTIVE)


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
    cover = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="cover_of", null=True)
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
    deleted_at = models.DateTimeField(null=True)  # for a minute, it can be had back
    views = models.PositiveIntegerField(default=0)  # how often its page was opened, or it played
    viewed_at = models.DateTimeField(null=True)

    objects = TrackQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "sha256"], name="track_once_per_owner")
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at", "-id"], name="track_newest"),
            models.Index("owner", Lower("title"), "id", name="track_by_title"),
            models.Index("owner", Lower("artist"), "id", name="track_by_artist"),
            models.Index(fields=["owner", "seconds", "id"], name="track_by_length"),
            models.Index(fields=["deleted_at"], name="track_deleted"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def to_play(self) -> Blob:
        return self.playable or self.blob

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY

    def count_view(self) -> None:
        """Somebody looks at it or plays it; most requests of a player write nothing."""
        moment = now()
        if self.viewed_at and self.viewed_at > moment - ONE_VIEW:
            return
        fresh = Q(viewed_at=None) | Q(viewed_at__lte=moment - ONE_VIEW)
        Track.objects.filter(fresh, pk=self.pk).update(views=F("views") + 1, viewed_at=moment)


class Tag(models.Model):
    """A word that a song can be found by: from its file, from a person, from a model."""

    class Origin(models.TextChoices):
        FILE = "file"
        PERSON = "person"
        MODEL = "model"

    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=80, db_index=True)  # lower case
    origin = models.CharField(max_length=10, choices=Origin)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["track", "name", "origin"], name="tag_once")
        ]

    def __str__(self) -> str:
        return self.name


class Rendition(models.Model):
    """A stored copy of some bytes in another format, made when first asked for."""

    source = models.ForeignKey(Blob, on_delete=models.CASCADE, related_name="renditions")
    format = models.CharField(max_length=20)  # a name of audio.formats.FORMATS
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="rendition_of")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "format"], name="rendition_once")]

    def __str__(self) -> str:
        return f"{self.source} as {self.format}"


class Upload(models.Model):
    """A file on its way in by the tus protocol; its bytes lie in the scratch folder."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    filename = models.CharField(max_length=255)
    metadata = models.TextField(blank=True)  # the header as it came, to be given back
    size = models.PositiveBigIntegerField()
    offset = models.PositiveBigIntegerField(default=0)
    track = models.ForeignKey(Track, on_delete=models.CASCADE, null=True)  # once it is whole
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.filename} ({self.offset} of {self.size})"

    @property
    def path(self) -> Path:
        return settings.SCRATCH / f"tus-{self.pk}.upload"


class ImportWish(models.Model):
    """An address somebody wants a recording fetched from."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    url = models.URLField(max_length=2000)
    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="import_wish")
    track = models.ForeignKey(Track, on_delete=models.CASCADE, null=True)

    def __str__(self) -> str:
        return self.url
