"""Separations as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from apps.jobs.models import Job
from apps.jobs.serializers import JobSerializer
from apps.separation.models import Delivery, Separation, Stem


class StemSerializer(serializers.ModelSerializer):
    url = serializers.SerializerMethodField()
    size = serializers.IntegerField(
        source="blob.size", read_only=True, help_text="In bytes, as it is kept (FLAC)."
    )

    class Meta:
        model = Stem
        fields = ["name", "url", "size"]

    def get_url(self, stem: Stem) -> str:
        arguments = [self.context["separation"], stem.name]
        return reverse("api:separation-stem", args=arguments, request=self.context["request"])


class SeparationErrorSerializer(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField(help_text="Empty when another person's job failed.")


class SeparationSerializer(serializers.ModelSerializer):
    """A wish for stems, the job that fulfils it, and the stems once they are there."""

    file = serializers.UUIDField(source="track_id", read_only=True)
    engine = serializers.CharField(source="stem_set.engine", read_only=True)
    wanted = serializers.SerializerMethodField(help_text="Which stems; empty for all.")
    state = serializers.ChoiceField(choices=Job.State.choices, read_only=True)
    place = serializers.SerializerMethodField(help_text="In the queue; 1 is next.")
    seconds_left = serializers.SerializerMethodField(help_text="Null where nothing is known.")
    error = serializers.SerializerMethodField(help_text="Why it failed, if it did.")
    job = serializers.SerializerMethodField(
        help_text="The job that makes the stems; null when another person's job does."
    )
    progress = serializers.FloatField(read_only=True)
    stems = serializers.SerializerMethodField()
    zip = serializers.SerializerMethodField(help_text="All of them in one; null before the end.")

    class Meta:
        model = Separation
        fields = [
            "id", "file", "engine", "wanted", "format", "bitrate", "state", "progress", "place",
            "seconds_left", "error", "job", "stems", "zip", "created_at",
        ]  # fmt: skip
        read_only_fields = ["id", "format", "bitrate", "created_at"]

    def get_wanted(self, separation: Separation) -> list[str]:
        return list(separation.stem_set.parameters.get("stems", []))

    def get_place(self, separation: Separation) -> int | None:
        job = self._job(separation)
        return job.place if job else None

    def get_seconds_left(self, separation: Separation) -> float | None:
        job = self._job(separation)
        return job.seconds_left if job else None

    @extend_schema_field(SeparationErrorSerializer(allow_null=True))
    def get_error(self, separation: Separation) -> dict[str, str] | None:
        return separation.error

    @extend_schema_field(JobSerializer(allow_null=True))
    def get_job(self, separation: Separation) -> dict[str, Any] | None:
        """Another person's words about their song are not for this one."""
        job = separation.own_job
        return JobSerializer(job, context=self.context).data if job else None

    @extend_schema_field(StemSerializer(many=True))
    def get_stems(self, separation: Separation) -> list[dict[str, Any]]:
        context = {**self.context, "separation": separation.pk}
        return list(StemSerializer(separation.stems, many=True, context=context).data)

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_zip(self, separation: Separation) -> str | None:
        if separation.state != Job.State.DONE:
            return None
        request = self.context["request"]
        return reverse("api:separation-zip", args=[separation.pk], request=request)

    def _job(self, separation: Separation) -> Job | None:
        """Whoever's it is: how far it is says nothing of them."""
        return None if separation.stem_set.is_complete else separation.stem_set.job


class CallbackSerializer(serializers.Serializer):
    """Who will be told, and how they know that it was this server."""

    url = serializers.CharField()
    secret = serializers.CharField(
        help_text="Messages to this receiver are signed with it, whichever separation they are of."
    )
    deliveries = serializers.SerializerMethodField(help_text="Where to see what became of them.")

    def get_deliveries(self, callback: Any) -> str:
        arguments = [callback.separation_id]
        request = self.context["request"]
        return reverse("api:separation-deliveries", args=arguments, request=request)


class AskedSeparationSerializer(SeparationSerializer):
    """The answer to a wish: the separation, and the callback if there is to be one."""

    callback = serializers.SerializerMethodField()

    class Meta(SeparationSerializer.Meta):
        fields = [*SeparationSerializer.Meta.fields, "callback"]

    @extend_schema_field(CallbackSerializer(allow_null=True))
    def get_callback(self, separation: Separation) -> dict[str, Any] | None:
        asked = self.context["callback"]
        return CallbackSerializer(asked, context=self.context).data if asked else None


class DeliverySerializer(serializers.ModelSerializer):
    """One message to a receiver, and what became of it."""

    url = serializers.CharField(source="callback.url", read_only=True)
    state = serializers.ChoiceField(choices=Delivery.State.choices, read_only=True)
    next_at = serializers.SerializerMethodField(help_text="When it is tried next.")

    class Meta:
        model = Delivery
        fields = [
            "id", "url", "outcome", "state", "tries", "next_at", "status", "problem",
            "created_at", "delivered_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_next_at(self, delivery: Delivery) -> Any:
        return delivery.next_at if delivery.state == Delivery.State.WAITING else None
