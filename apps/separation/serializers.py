"""Separations as JSON."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from apps.files.fields import OwnTracksField
from apps.jobs.serializers import JobSerializer
from apps.separation.models import Separation, Stem
from apps.separation.services import DEFAULT_ENGINE
from audio.stems import ENGINES


class StemSerializer(serializers.ModelSerializer):
    url = serializers.SerializerMethodField()
    size = serializers.IntegerField(source="blob.size", read_only=True)

    class Meta:
        model = Stem
        fields = ["name", "url", "size"]

    def get_url(self, stem: Stem) -> str:
        arguments = [self.context["separation"], stem.name]
        return reverse("api:separation-stem", args=arguments, request=self.context["request"])


class SeparationSerializer(serializers.ModelSerializer):
    """A wish for stems, the job that fulfils it, and the stems once they are there."""

    file = OwnTracksField(source="track")
    engine = serializers.ChoiceField(
        choices=list(ENGINES), default=DEFAULT_ENGINE, source="stem_set.engine"
    )
    state = serializers.CharField(read_only=True)
    job = serializers.SerializerMethodField(
        help_text="The job that makes the stems; null when another person's job does."
    )
    progress = serializers.FloatField(read_only=True)
    stems = serializers.SerializerMethodField()

    class Meta:
        model = Separation
        fields = ["id", "file", "engine", "state", "progress", "job", "stems", "created_at"]
        read_only_fields = ["id", "created_at"]
        validators: list = []  # asking twice is no mistake

    @extend_schema_field(JobSerializer(allow_null=True))
    def get_job(self, separation: Separation) -> dict | None:
        """Another person's words about their song are not for this one."""
        job = separation.own_job
        return JobSerializer(job, context=self.context).data if job else None

    def get_stems(self, separation: Separation) -> list[dict]:
        context = {**self.context, "separation": separation.pk}
        rows = separation.stem_set.stems.all()
        return list(StemSerializer(rows, many=True, context=context).data)
