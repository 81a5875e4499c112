"""Jobs as JSON."""

from rest_framework import serializers

from apps.jobs.models import Job


class JobErrorSerializer(serializers.Serializer):
    code = serializers.CharField(source="error_code")
    message = serializers.CharField(source="error")


class JobSerializer(serializers.ModelSerializer):
    """A job: what it does, how far it is, how it ended."""

    seconds_left = serializers.FloatField(
        read_only=True,
        allow_null=True,
        help_text="Until it is done, waiting included; null where that cannot be told.",
    )
    place = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Place in the queue; 1 is next."
    )
    error = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = [
            "id", "kind", "label", "page", "queue", "state", "step", "progress", "seconds_left",
            "place", "priority", "attempt", "error", "created_at", "started_at", "ended_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_error(self, job: Job) -> dict[str, str] | None:
        return JobErrorSerializer(job).data if job.error_code else None
