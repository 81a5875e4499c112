"""Over the API: the generations of a file's predictions."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.files.models import Track
from apps.predictions import history, reading
from apps.predictions.history import Change, Generation
from apps.predictions.models import PredictionSet, Reference
from apps.predictions.serializers import ConfidenceSerializer, PredictionSerializer


class AskedModelSerializer(serializers.Serializer):
    """A model that is part of a reference."""

    model = serializers.CharField()
    version = serializers.CharField()
    parameters = serializers.DictField()
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    confidence = serializers.FloatField()
    value = serializers.FloatField(allow_null=True, help_text="BPM, where that is the answer.")


class WindowChangeSerializer(serializers.Serializer):
    start = serializers.FloatField(help_text="In seconds.")
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)


class ChangeSerializer(serializers.Serializer):
    """What is different about one model."""

    model = serializers.CharField()
    changed = serializers.ListField(
        child=serializers.ChoiceField(
            choices=[
                history.ADDED,
                history.REMOVED,
                history.VERSION,
                history.PARAMETERS,
                history.BYTES,
            ]
        )
    )
    before = AskedModelSerializer(allow_null=True)
    after = AskedModelSerializer(allow_null=True)
    label_changed = serializers.BooleanField(help_text="Does it say something else?")
    sentence = serializers.CharField(help_text="The same for people.")


class WholeChangeSerializer(ChangeSerializer):
    windows = WindowChangeSerializer(
        many=True, help_text="Windows of the same second in which another label was heard."
    )


class ReferenceSerializer(serializers.Serializer):
    """A generation of predictions."""

    id = serializers.UUIDField()
    cause = serializers.ChoiceField(choices=Reference.Cause.choices)
    created_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField()
    restored_at = serializers.DateTimeField(allow_null=True)
    current = serializers.BooleanField(help_text="Is it what readers see?")
    models = AskedModelSerializer(many=True)
    changes = ChangeSerializer(many=True, help_text="Against the one before it.")


class WholeReferenceSerializer(ReferenceSerializer):
    predictions = PredictionSerializer(many=True)
    confidences = ConfidenceSerializer(many=True)


class ComparisonSerializer(serializers.Serializer):
    before = ReferenceSerializer()
    after = ReferenceSerializer()
    changes = WholeChangeSerializer(many=True)


class ReferencesView(GenericAPIView):
    """Generations of predictions."""

    serializer_class = ReferenceSerializer
    queryset = Reference.objects.none()
    filter_backends = []

    @extend_schema(operation_id="files_references_list", responses=ReferenceSerializer(many=True))
    def get(self, request: Request, file_id: UUID) -> Response:
        """Pages of a file's references, newest first, each with what it changed and why."""
        track = _track(request, file_id)
        page = self.paginate_queryset(history.references(track)) or []
        return self.get_paginated_response([_row(made) for made in history.told(track, page)])


class ReferenceView(APIView):
    """Generations of predictions."""

    @extend_schema(operation_id="files_references_retrieve", responses=WholeReferenceSerializer)
    def get(self, request: Request, file_id: UUID, reference: UUID) -> Response:
        """One reference, with all that was said."""
        track = _track(request, file_id)
        return Response(_whole(track, _reference(track, reference)))


class CompareView(APIView):
    """Generations of predictions."""

    @extend_schema(operation_id="files_references_compare", responses=ComparisonSerializer)
    def get(self, request: Request, file_id: UUID, before: UUID, after: UUID) -> Response:
        """What the second of two references says otherwise, and why."""
        track = _track(request, file_id)
        first, second = _reference(track, before), _reference(track, after)
        found = history.changes(first, second)
        return Response(
            {
                "before": _told(track, first),
                "after": _told(track, second),
                "changes": [_change(change) | {"windows": change.windows} for change in found],
            }
        )


class RestoreView(APIView):
    """Generations of predictions."""

    @extend_schema(
        operation_id="files_references_restore", request=None, responses=WholeReferenceSerializer
    )
    def post(self, request: Request, file_id: UUID, reference: UUID) -> Response:
        """Go back to a reference: it is the current one until the models change."""
        track = _track(request, file_id)
        history.restore(_reference(track, reference))
        return Response(_whole(track, _reference(track, reference)))


def _track(request: Request, pk: UUID) -> Track:
    return get_object_or_404(Track.objects.owned_by(request.user), pk=pk)


def _reference(track: Track, pk: UUID) -> Reference:
    return get_object_or_404(history.references(track), pk=pk)


def _whole(track: Track, reference: Reference) -> dict[str, Any]:
    return {
        **_told(track, reference),
        "predictions": reading.predictions(reference, track.seconds),
        "confidences": reading.confidences(reference),
    }


def _told(track: Track, reference: Reference) -> dict[str, Any]:
    return _row(history.told(track, [reference])[0])


def _row(made: Generation) -> dict[str, Any]:
    reference = made.reference
    return {
        "id": str(reference.pk),
        "cause": reference.cause,
        "created_at": reference.created_at,
        "published_at": reference.published_at,
        "restored_at": reference.restored_at,
        "current": made.current,
        "models": [_asked(answer) for answer in made.asked],
        "changes": [_change(change) for change in made.changes],
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "model": change.model,
        "changed": change.what,
        "before": change.before and _asked(change.before),
        "after": change.after and _asked(change.after),
        "label_changed": change.says_otherwise,
        "sentence": change.sentence,
    }


def _asked(made: PredictionSet) -> dict[str, Any]:
    return {
        "model": made.model.name,
        "version": made.model.version,
        "parameters": made.parameters,
        "label": made.label,
        "confidence": round(made.confidence, 4),
        "value": made.value,
    }
