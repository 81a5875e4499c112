"""Remixes as JSON."""

from rest_framework import serializers

from apps.files.fields import OwnTracksField
from apps.jobs.serializers import JobSerializer
from apps.remixes.models import Remix


class RemixSerializer(serializers.ModelSerializer):
    """A remix: what was asked for, the job that makes it, and how long it became."""

    job = JobSerializer(read_only=True, allow_null=True)
    files: serializers.Field = serializers.PrimaryKeyRelatedField(
        source="tracks", many=True, read_only=True
    )

    class Meta:
        model = Remix
        fields = ["id", "title", "files", "parameters", "seconds", "job", "created_at"]
        read_only_fields = fields


class RemixWishSerializer(serializers.Serializer):
    """What to remix, and how."""

    files = OwnTracksField(many=True)
    beats = serializers.IntegerField(default=64)
    jump_rate = serializers.FloatField(default=0.5)
    seed = serializers.IntegerField(default=None, allow_null=True)
    title = serializers.CharField(default="", allow_blank=True, max_length=255)
