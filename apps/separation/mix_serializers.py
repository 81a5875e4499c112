"""Mixers and mixes as JSON."""

from typing import Any

from rest_framework import serializers
from rest_framework.reverse import reverse

from apps.jobs.serializers import JobSerializer
from apps.separation.models import Mix
from audio.formats import FORMATS


class StretchWishSerializer(serializers.Serializer):
    """Which part of a stem."""

    start = serializers.IntegerField(min_value=0, max_value=2**40, help_text="First frame.")
    frames = serializers.IntegerField(min_value=1, max_value=2**22)


class MixerStemSerializer(serializers.Serializer):
    name = serializers.CharField()
    stretch = serializers.URLField(help_text="Parts of it: `?start=…&frames=…`")
    waveform = serializers.URLField(allow_null=True, help_text="Null while it is being drawn.")


class OriginalSerializer(serializers.Serializer):
    stretch = serializers.URLField(help_text="Parts of the song at the rate of its stems.")


class MixerSerializer(serializers.Serializer):
    """All that a player of stems needs to know."""

    sample_rate = serializers.IntegerField()
    frames = serializers.IntegerField(help_text="Of every stem.")
    channels = serializers.IntegerField()
    gain_db = serializers.FloatField(help_text="By how much the stems are louder than the song.")
    stems = MixerStemSerializer(many=True)
    original = OriginalSerializer()


class StripSerializer(serializers.Serializer):
    gain_db = serializers.FloatField(default=0.0)
    pan = serializers.FloatField(default=0.0, help_text="-1 is left, 1 is right.")


class RegionSerializer(serializers.Serializer):
    start = serializers.FloatField(min_value=0, help_text="In seconds.")
    stop = serializers.FloatField(min_value=0)


class MixWishSerializer(serializers.Serializer):
    """How to mix; stems that are not named are silent."""

    stems = serializers.DictField(child=StripSerializer(), allow_empty=False)
    region = RegionSerializer(default=None, allow_null=True)
    speed = serializers.FloatField(default=1.0)
    format = serializers.ChoiceField(choices=list(FORMATS), default="flac")

    def validate_region(self, region: dict[str, float] | None) -> tuple[float, float] | None:
        return (region["start"], region["stop"]) if region else None


class MixSerializer(serializers.ModelSerializer):
    """A mix: how it was asked for, the job that makes it, and where it is to be had."""

    stems = serializers.DictField(child=StripSerializer(), source="settings.stems")
    region = serializers.SerializerMethodField()
    speed = serializers.FloatField(source="settings.speed")
    state = serializers.CharField(read_only=True)
    job = JobSerializer(read_only=True, allow_null=True)
    url = serializers.SerializerMethodField(help_text="Of the sound; null before it is there.")
    gain_db = serializers.FloatField(help_text="By which it was made softer, so as not to clip.")

    class Meta:
        model = Mix
        fields = [
            "id", "separation", "stems", "region", "speed", "format", "state", "job", "url",
            "seconds", "gain_db", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_region(self, mix: Mix) -> dict[str, float] | None:
        region: Any = mix.settings["region"]
        return {"start": region[0], "stop": region[1]} if region else None

    def get_url(self, mix: Mix) -> str | None:
        if not mix.blob_id:
            return None
        arguments = [mix.separation_id, mix.pk]
        return reverse("api:mix-audio", args=arguments, request=self.context.get("request"))
