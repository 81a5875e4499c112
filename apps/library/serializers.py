"""The file JSON: a recording with what is known of it."""

from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.files.models import Tag, Track
from apps.predictions import reading
from apps.predictions import services as predictions
from apps.predictions.models import Reference, tags_heard
from apps.predictions.serializers import ConfidenceSerializer, PredictionSerializer


class GenreSerializer(serializers.Serializer):
    label = serializers.CharField()  # type: ignore[assignment]
    confidence = serializers.FloatField()
    sure = serializers.BooleanField(help_text="False: rather a guess than a genre.")


class FileSerializer(serializers.ModelSerializer):
    """A file as lists show it."""

    file = serializers.CharField(source="filename", read_only=True)
    duration = serializers.FloatField(source="seconds", read_only=True)
    genre = serializers.SerializerMethodField()
    tempo = serializers.SerializerMethodField()
    key = serializers.SerializerMethodField()
    reference = serializers.SerializerMethodField()
    tags = serializers.SerializerMethodField(help_text="From the file and from you.")
    heard = serializers.SerializerMethodField(help_text="Tags that the models heard.")
    has_cover = serializers.SerializerMethodField()

    class Meta:
        model = Track
        fields = [
            "id", "file", "duration", "reference", "title", "artist", "album", "state", "problem",
            "remark", "tags", "heard", "has_cover", "genre", "tempo", "key", "container", "codec",
            "sample_rate", "channels", "sha256", "created_at",
        ]  # fmt: skip
        read_only_fields = [
            "id", "state", "problem", "remark", "container", "codec", "sample_rate", "channels",
            "sha256", "created_at",
        ]  # fmt: skip

    def _summary(self, track: Track) -> dict:
        known = self.context.get("summaries", {})
        return known[track.pk] if track.pk in known else predictions.summary(track)

    def get_tags(self, track: Track) -> list[str]:
        """In memory: lists bring the tags along."""
        by_others = [tag.name for tag in track.tags.all() if tag.origin != Tag.Origin.MODEL]
        return list(dict.fromkeys(by_others))

    def get_heard(self, track: Track) -> list[str]:
        return [tag.name for tag in track.tags.all() if tag.origin == Tag.Origin.MODEL]

    def get_genre(self, track: Track) -> dict | None:
        return self._summary(track)["genre"]

    def get_has_cover(self, track: Track) -> bool:
        return track.cover_id is not None

    def get_tempo(self, track: Track) -> float | None:
        return self._summary(track)["tempo"]

    def get_key(self, track: Track) -> str | None:
        return self._summary(track)["key"]

    def get_reference(self, track: Track) -> str | None:
        reference = self._summary(track)["reference"]
        return reference and str(reference.pk)


class FileDetailSerializer(FileSerializer):
    """One file, with what the models of its latest reference say."""

    confidences = serializers.SerializerMethodField()
    predictions = serializers.SerializerMethodField()
    missing = serializers.SerializerMethodField(help_text="Models that say nothing, and why.")

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._references: dict[UUID, Reference | None] = {}

    class Meta(FileSerializer.Meta):
        fields = [*FileSerializer.Meta.fields, "confidences", "predictions", "missing"]

    def _reference(self, track: Track) -> Reference | None:
        """Read once for all that is said of it."""
        if track.pk not in self._references:
            self._references = {track.pk: reading.current_reference(track)}
        return self._references[track.pk]

    def _of_model(self, rows: list[dict]) -> list[dict]:
        model = self.context.get("model")
        return [row for row in rows if model in (None, row["model"])]

    def _summary(self, track: Track) -> dict:
        """Of the same generation as the rest, should it be switched meanwhile."""
        return predictions.summary_of(self._reference(track))

    def get_heard(self, track: Track) -> list[str]:
        reference = self._reference(track)
        return sorted(tags_heard(reference.sets.all())) if reference else []

    @extend_schema_field(ConfidenceSerializer(many=True))
    def get_confidences(self, track: Track) -> list[dict]:
        return self._of_model(reading.confidences(self._reference(track)))

    @extend_schema_field(PredictionSerializer(many=True))
    def get_predictions(self, track: Track) -> list[dict]:
        return self._of_model(reading.predictions(self._reference(track), track.seconds))

    def get_missing(self, track: Track) -> dict[str, str]:
        model = self.context.get("model")
        reasons = reading.unsaid(self._reference(track))
        return {name: why for name, why in reasons.items() if model in (None, name)}


class UploadSerializer(serializers.Serializer):
    file = serializers.FileField(allow_empty_file=True)


class ZoomSerializer(serializers.Serializer):
    points = serializers.IntegerField()
    points_per_second = serializers.FloatField()


class WaveformSerializer(serializers.Serializer):
    """Peaks: pairs of lowest and highest, -1 to 1."""

    points = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2)
    )
    seconds = serializers.FloatField(required=False)
    zooms = ZoomSerializer(many=True, required=False)
    zoom = serializers.IntegerField(required=False)
    start = serializers.IntegerField(required=False)


class WindowSerializer(serializers.Serializer):
    """Which part of a waveform, at which zoom."""

    zoom = serializers.IntegerField(min_value=0, max_value=40)
    start = serializers.IntegerField(min_value=0, max_value=2**31, default=0)
    stop = serializers.IntegerField(min_value=0, max_value=2**31, default=2**31)
