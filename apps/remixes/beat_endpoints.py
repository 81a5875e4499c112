"""The beats of a file over the API, where somebody has had them found."""

import io
from uuid import UUID

import numpy as np
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.files.models import Track
from apps.remixes.models import BeatGrid
from audio.beatgrid import BeatGrid as Beats


class BeatsSerializer(serializers.Serializer):
    """Beats and bars; both are empty as long as nobody has had them found."""

    bpm = serializers.FloatField(allow_null=True)
    confidence = serializers.FloatField(allow_null=True)
    beats = serializers.ListField(child=serializers.FloatField(), help_text="In seconds.")
    bars = serializers.ListField(
        child=serializers.FloatField(), help_text="Those that begin a bar, in seconds."
    )


class BeatsView(APIView):
    """Where the beats of a file are."""

    @extend_schema(responses=BeatsSerializer)
    def get(self, request: Request, file_id: UUID) -> Response:
        """Known once the file was part of a remix."""
        track = get_object_or_404(Track.objects.owned_by(request.user), pk=file_id)
        known = BeatGrid.objects.filter(sha256=track.sha256).order_by("created_at").last()
        return Response(_told(known))


def _told(known: BeatGrid | None) -> dict:
    if known is None:
        return {"bpm": None, "confidence": None, "beats": [], "bars": []}
    with known.arrays.open() as file, np.load(io.BytesIO(file.read())) as arrays:
        grid = Beats.from_arrays(arrays)
    return {
        "bpm": known.bpm,
        "confidence": known.confidence,
        "beats": grid.beats.round(4).tolist(),
        "bars": grid.downbeats.round(4).tolist(),
    }
