"""Over the API: songs whose genre is known, and how well the models tell it."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import User
from apps.files.models import Track
from apps.predictions import control
from apps.predictions.models import ControlLabel, ControlScore

STAFF = {User.Role.ADMIN, User.Role.STAFF}


class IsStaff(BasePermission):
    message = "Only staff can do this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return getattr(request.user, "role", "") in STAFF


class ControlLabelSerializer(serializers.ModelSerializer):
    """What a file is known to be."""

    file = serializers.UUIDField(source="track_id", read_only=True)

    class Meta:
        model = ControlLabel
        fields = ["file", "label", "marked_at"]
        read_only_fields = ["marked_at"]


class ControlScoreSerializer(serializers.ModelSerializer):
    """How often one version of a model was right of the control set."""

    model = serializers.CharField(source="model.name")
    version = serializers.CharField(source="model.version")

    class Meta:
        model = ControlScore
        fields = [
            "model", "version", "parameters", "labels_key", "songs", "left_out", "artists",
            "accuracy", "low", "high", "calibration_error", "made_at",
        ]  # fmt: skip


class ControlSetSerializer(serializers.Serializer):
    songs = serializers.IntegerField(help_text="How many are marked.")
    labels = serializers.ListField(child=serializers.CharField(), help_text="What can be known.")
    scores = ControlScoreSerializer(many=True, help_text="Oldest first.")


class ControlView(APIView):
    """The control set."""

    permission_classes = [IsStaff]

    @extend_schema(operation_id="files_control_retrieve", responses=ControlLabelSerializer)
    def get(self, request: Request, file_id: UUID) -> Response:
        """What a file is known to be."""
        row = get_object_or_404(ControlLabel, track=_track(request, file_id))
        return Response(ControlLabelSerializer(row).data)

    @extend_schema(
        operation_id="files_control_update",
        request=ControlLabelSerializer,
        responses=ControlLabelSerializer,
    )
    def put(self, request: Request, file_id: UUID) -> Response:
        """Say what a file is known to be: a genre that the models in use could say."""
        track = _track(request, file_id)
        wish = ControlLabelSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        try:
            row = control.mark(track, wish.validated_data["label"], by=request.user)
        except ValidationError as error:
            raise serializers.ValidationError(error.message_dict) from error
        return Response(ControlLabelSerializer(row).data)

    @extend_schema(operation_id="files_control_destroy", responses={204: None})
    def delete(self, request: Request, file_id: UUID) -> Response:
        """Take a file out of the control set."""
        control.unmark(_track(request, file_id))
        return Response(status=204)


class ControlSetView(APIView):
    """The control set."""

    permission_classes = [IsStaff]

    @extend_schema(operation_id="control_retrieve", responses=ControlSetSerializer)
    def get(self, request: Request) -> Response:
        """How often the models were right of the songs whose genre is known."""
        found: dict[str, Any] = {
            "songs": ControlLabel.objects.count(),
            "labels": control.sayable(),
            "scores": ControlScore.objects.select_related("model"),
        }
        return Response(ControlSetSerializer(found).data)


def _track(request: Request, pk: UUID) -> Track:
    """Admins mark all songs, staff their own: they hear no others."""
    everybodys = getattr(request.user, "is_admin", False)
    tracks = Track.objects.filter(deleted_at=None)
    return get_object_or_404(tracks if everybodys else tracks.owned_by(request.user), pk=pk)
