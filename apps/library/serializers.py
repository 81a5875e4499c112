"""The file JSON: a recording with what is known of it."""

from rest_framework import serializers

from apps.files.models import Track
from apps.predictions import services as predictions


class ConfidenceSerializer(serializers.Serializer):
    utterance = serializers.CharField(help_text="The label.")
    time = serializers.FloatField(help_text="Start of the window in seconds.")
    confidence = serializers.FloatField()
    model = serializers.CharField()


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
    tags: serializers.Field = serializers.SlugRelatedField("name", many=True, read_only=True)
    has_cover = serializers.SerializerMethodField()

    class Meta:
        model = Track
        fields = [
            "id", "file", "duration", "reference", "title", "artist", "album", "state", "problem",
            "remark", "tags", "has_cover", "genre", "tempo", "key", "container", "codec",
            "sample_rate", "channels", "sha256", "created_at",
        ]  # fmt: skip
        read_only_fields = [
            "id", "state", "problem", "remark", "container", "codec", "sample_rate", "channels",
            "sha256", "created_at",
        ]  # fmt: skip

    def _summary(self, track: Track) -> dict:
        known = self.context.get("summaries", {})
        return known[track.pk] if track.pk in known else predictions.summary(track)

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
    """One file, with the confident windows of its latest reference."""

    confidences = serializers.SerializerMethodField()

    class Meta(FileSerializer.Meta):
        fields = [*FileSerializer.Meta.fields, "confidences"]

    def get_confidences(self, track: Track) -> list[dict]:
        said = predictions.confidences(predictions.current_reference(track))
        model = self.context.get("model")
        return [row for row in said if model in (None, row["model"])]


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
