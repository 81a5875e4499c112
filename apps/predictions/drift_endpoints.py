"""Over the API: alarms of drift, what can be done about them, and how the watch stands."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.jobs.serializers import JobSerializer
from apps.predictions import drift
from apps.predictions.control_endpoints import IsStaff
from apps.predictions.models import DriftLog, DriftLook, DriftWatch


class DriftTestSerializer(serializers.Serializer):
    """One measure of how far apart the two sides are."""

    name = serializers.CharField()
    statistic = serializers.FloatField()
    p = serializers.FloatField()
    effect = serializers.FloatField(help_text="On a scale that does not grow with the units.")


class DriverSerializer(serializers.Serializer):
    """A figure of songs that has moved."""

    group = serializers.CharField()
    name = serializers.CharField()
    difference = serializers.FloatField(help_text="In standard deviations of units.")
    p = serializers.FloatField()
    q = serializers.FloatField(help_text="p after Benjamini and Hochberg.")


class DriftLogSerializer(serializers.ModelSerializer):
    """An alarm."""

    stream = serializers.CharField(source="watch_id")
    title = serializers.SerializerMethodField()
    changed_by = serializers.CharField(source="changed_by.username", default=None)
    tests = DriftTestSerializer(many=True)
    drivers = DriverSerializer(many=True)
    labels = serializers.DictField(
        child=serializers.DictField(child=serializers.FloatField()),
        help_text="By model, the share of each label in the window less that before.",
    )
    songs = serializers.ListField(
        child=serializers.UUIDField(), help_text="Files that speak most for it."
    )
    can_become = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = DriftLog
        fields = [
            "id", "stream", "cause", "title", "state", "can_become", "measure", "statistic", "p",
            "alpha", "effect", "reference_units", "window_units", "window_start", "window_end",
            "power", "tests", "drivers", "labels", "songs", "times", "created_at", "seen_at",
            "changed_at", "changed_by",
        ]  # fmt: skip

    def get_title(self, alarm: DriftLog) -> str:
        return drift.title(alarm)


class DriftLookSerializer(serializers.ModelSerializer):
    """One look."""

    effects = serializers.DictField(child=serializers.FloatField(), help_text="By measure.")

    class Meta:
        model = DriftLook
        fields = [
            "made_at", "p", "alpha", "effects", "reference_units", "window_units", "smallest",
            "alarm",
        ]  # fmt: skip


class RatesSerializer(serializers.Serializer):
    """How often there is an alarm without drift, measured on this library."""

    trials = serializers.IntegerField()
    window_units = serializers.IntegerField()
    ours = serializers.FloatField(allow_null=True, help_text="null: too little data")
    dummy = serializers.FloatField(allow_null=True, help_text="A rule that takes song by song.")
    alpha = serializers.FloatField(help_text="What ours is to stay under.")


class DriftStateSerializer(serializers.Serializer):
    """How the watch of one stream stands."""

    stream = serializers.CharField(source="name")
    title = serializers.CharField(source="stream.title")
    state = serializers.ChoiceField(choices=DriftWatch.State.values, source="watch.state")
    sentence = serializers.CharField()
    reach = serializers.CharField(
        source="watch.reach", allow_blank=True, help_text="What could have been seen."
    )
    allowance = serializers.FloatField(
        source="left", help_text="What is left of the false alarms it may give, 0..1."
    )
    checked_at = serializers.DateTimeField(source="watch.checked_at", allow_null=True)
    looked_at = serializers.DateTimeField(source="watch.looked_at", allow_null=True)
    false_alarms = RatesSerializer(source="rates", allow_null=True)
    measured_at = serializers.DateTimeField(source="watch.measured_at", allow_null=True)
    looks = DriftLookSerializer(many=True, help_text="Oldest first.")


class DriftLogsView(GenericAPIView):
    """Drift."""

    permission_classes = [IsStaff]
    serializer_class = DriftLogSerializer
    queryset = DriftLog.objects.none()
    filter_backends = []

    @extend_schema(
        operation_id="drift_list",
        parameters=[OpenApiParameter("state", enum=DriftLog.State.values)],
        responses=DriftLogSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Alarms, newest first."""
        rows = drift.alarms()
        if state := request.query_params.get("state"):
            serializers.ChoiceField(DriftLog.State.choices).run_validation(state)
            rows = rows.filter(state=state)
        page = self.paginate_queryset(rows) or []
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class DriftLogView(APIView):
    """Drift."""

    permission_classes = [IsStaff]

    @extend_schema(operation_id="drift_retrieve", responses=DriftLogSerializer)
    def get(self, request: Request, alarm: UUID) -> Response:
        """An alarm."""
        return Response(DriftLogSerializer(get_object_or_404(drift.alarms(), pk=alarm)).data)


class DriftActionView(APIView):
    """Drift."""

    permission_classes = [IsStaff]

    @extend_schema(
        operation_id="drift_act",
        request=None,
        responses=DriftLogSerializer,
        parameters=[
            OpenApiParameter("action", OpenApiTypes.STR, "path", enum=list(drift.ACTIONS))
        ],
    )
    def post(self, request: Request, alarm: UUID, action: str) -> Response:
        """Acknowledge it, exclude what arrived then, call it the new normal, or reopen it."""
        row = get_object_or_404(drift.alarms(), pk=alarm)
        try:
            drift.act(row, action, by=request.user)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from error
        return Response(DriftLogSerializer(row).data)


class DriftStateView(APIView):
    """Drift."""

    permission_classes = [IsStaff]

    @extend_schema(operation_id="drift_state", responses=DriftStateSerializer(many=True))
    def get(self, request: Request) -> Response:
        """How the watch of each stream stands, and each look at it."""
        return Response(DriftStateSerializer(drift.known(), many=True).data)


class DriftRatesView(APIView):
    """Drift."""

    permission_classes = [IsStaff]

    @extend_schema(operation_id="drift_measure", request=None, responses={202: JobSerializer})
    def post(self, request: Request) -> Response:
        """Measure on this library how often there are false alarms."""
        job: Any = drift.request_measurement(request.user)
        return Response(JobSerializer(job).data, status=202)
