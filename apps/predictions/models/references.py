"""Generations of predictions, and which one readers see."""

import uuid
from collections.abc import Collection

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Coalesce
from django.utils.timezone import now

from apps.files.models import Tag, Track
from apps.jobs import services as jobs
from apps.jobs.models import Job
from apps.predictions.models.sets import PredictionSet, in_short, tags_heard

UNHURRIED = -10  # nobody waits for songs to be heard again


class ReferenceQuerySet(models.QuerySet):
    def in_the_making(self) -> "ReferenceQuerySet":
        return self.filter(published_at=None, abandoned_at=None)

    def forsaken(self) -> "ReferenceQuerySet":
        """In the making, though no job is going to do it."""
        return self.in_the_making().exclude(job__state__in=Job.ACTIVE)

    def current(self) -> "ReferenceQuerySet":
        return self.filter(current_of__isnull=False)

    def published(self) -> "ReferenceQuerySet":
        return self.filter(published_at__isnull=False)


class Reference(models.Model):
    """A generation of predictions of one track; readers see the current one, whole."""

    class Cause(models.TextChoices):
        UPLOAD = "upload"
        REFRESH = "refresh"
        RESTORED = "restored"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="references")
    sets = models.ManyToManyField(PredictionSet, related_name="references")
    cause = models.CharField(max_length=20, choices=Cause, default=Cause.UPLOAD)
    models_key = models.CharField(max_length=64, blank=True)  # of those that were asked
    unsaid = models.JSONField(default=dict)  # {model: why it has nothing to say of this}
    job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True)
    restored_at = models.DateTimeField(null=True)  # when somebody went back to it
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
        indexes = [models.Index(fields=["track", "-created_at", "-id"], name="reference_newest")]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def request(cls, track: Track, *, cause: str, key: str = "") -> "Reference | None":
        """Ask for a new generation by the models of this key; None when one is in the making."""
        again = cause == cls.Cause.REFRESH
        try:
            with transaction.atomic():
                job = jobs.enqueue(
                    kind="refresh" if again else "predict",
                    owner=track.owner,
                    label=f"Listen {'again ' if again else ''}to “{track.title}”",
                    page=f"/songs/{track.pk}/",
                    priority=UNHURRIED if again else 0,
                )
                return cls.objects.create(track=track, cause=cause, models_key=key, job=job)
        except IntegrityError:
            return None

    def ask(self, key: str) -> None:
        """Write down whom it is asking now; a try that comes to nothing was theirs."""
        self.models_key = key
        Reference.objects.filter(pk=self.pk).update(models_key=key)

    @transaction.atomic
    def publish(self, sets: Collection[PredictionSet]) -> bool:
        """Let readers see this generation, all of it at once.

        One that says the same as that which they see leaves no trace, and is not published.
        """
        if CurrentReference.says(self.track_id, sets):
            CurrentReference.objects.filter(track=self.track_id).update(models_key=self.models_key)
            Reference.objects.filter(current_of__track=self.track_id).update(unsaid=self.unsaid)
            Reference.objects.filter(pk=self.pk).delete()
            return False
        if self._state.adding:
            self.save(force_insert=True)
        self.sets.set(sets)
        self.published_at = now()
        self.save(update_fields=["published_at", "models_key", "unsaid"])
        CurrentReference.switch(self, sets, key=self.models_key)
        self._forget_older()
        return True

    @transaction.atomic
    def restore(self, key: str) -> None:
        """Let readers see this one again, until there are models of another key."""
        self.cause, self.restored_at = self.Cause.RESTORED, now()
        self.save(update_fields=["cause", "restored_at"])
        CurrentReference.switch(self, list(self.sets.select_related("model")), key=key)

    def _forget_older(self) -> None:
        """Keep so many generations; never those that readers may be at, which were seen last."""
        mine = Reference.objects.filter(track=self.track_id)
        seen = Coalesce("restored_at", "published_at").desc()
        old = mine.published().order_by(seen, "-id").values_list("pk", flat=True)
        mine.filter(pk__in=list(old[settings.REFERENCES_KEPT :])).delete()
        mine.exclude(abandoned_at=None).delete()


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
    models_key = models.CharField(max_length=64, blank=True)  # it is up to date with these
    genre = models.CharField(max_length=80, blank=True, db_index=True)
    genre_confidence = models.FloatField(default=0.0)
    tempo = models.FloatField(default=0.0, db_index=True)  # BPM; 0 where none was found
    key = models.CharField(max_length=20, blank=True, db_index=True)

    def __str__(self) -> str:
        return str(self.reference_id)

    @classmethod
    def says(cls, track_id: uuid.UUID, sets: Collection[PredictionSet]) -> bool:
        """Are these what readers see of a track already?"""
        seen = Reference.objects.filter(current_of__track=track_id).first()
        if seen is None:
            return False
        return set(seen.sets.values_list("pk", flat=True)) == {made.pk for made in sets}

    @classmethod
    def switch(cls, reference: Reference, sets: Collection[PredictionSet], *, key: str) -> None:
        """Show this one from now on, in one statement, and what follows from it."""
        shown = {"reference": reference, "models_key": key, **in_short(sets)}
        track_id = reference.track_id
        if not cls.objects.filter(track=track_id).update(**shown):
            cls.objects.create(track_id=track_id, **shown)
        heard = {"track_id": track_id, "origin": Tag.Origin.MODEL}
        Tag.objects.filter(**heard).delete()
        Tag.objects.bulk_create([Tag(**heard, name=name) for name in tags_heard(sets)])
