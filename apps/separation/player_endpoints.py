"""What a player of stems asks for over the API: facts, outlines, and stretches of the sound."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from apps.files import ranged, waveforms
from apps.files.models import Blob
from apps.separation import mixes
from apps.separation.mix_serializers import MixerSerializer, StretchWishSerializer
from apps.separation.models import Separation, Stem
from audio.stretches import Extent, as_flac, extent, stretch

STRETCH: dict[str, Any] = {
    "parameters": [StretchWishSerializer],
    "responses": {(200, "audio/flac"): OpenApiTypes.BINARY},
}


class MixerView(APIView):
    """A player of the stems of one separation."""

    @extend_schema(responses=MixerSerializer)
    def get(self, request: Request, separation: UUID) -> Response:
        """Where its stems are, how long they are, and how they compare to the song."""
        found = _separation_of(request, separation)
        facts, waves = _extent(found), mixes.request_waves(found)

        def address(name: str, *arguments: str) -> str:
            return reverse(f"api:{name}", args=[found.pk, *arguments], request=request)

        stems = [
            {
                "name": name,
                "stretch": address("stem-stretch", name),
                "waveform": address("stem-waveform", name) if wave.blob_id else None,
            }
            for name, wave in waves.items()
        ]
        return Response(
            {
                "sample_rate": facts.sample_rate,
                "frames": facts.frames,
                "channels": facts.channels,
                "gain_db": found.stem_set.gain_db,
                "stems": stems,
                "original": {"stretch": address("original-stretch")},
            }
        )


class StemWaveformView(APIView):
    """The outline of a stem."""

    @extend_schema(
        parameters=[
            OpenApiParameter("zoom", int, description="0 is the closest; see `zooms`."),
            OpenApiParameter("start", int, description="First peak of that zoom."),
            OpenApiParameter("stop", int, description="The one behind the last."),
        ],
        responses={(200, "application/json"): OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, separation: UUID, name: str) -> Response:
        """Peaks to draw, as those of songs: of the whole, or of a part at a closer zoom."""
        found = _separation_of(request, separation)
        wave = mixes.request_waves(found)[_stem_of(found, name).name]
        if wave.blob is None:
            raise NotFound("This outline is not drawn yet.")
        if "zoom" not in request.query_params:
            return Response(waveforms.overview(wave.blob))
        window = _Window(data=request.query_params)
        window.is_valid(raise_exception=True)
        return Response(waveforms.part(wave.blob, **window.validated_data))


class _Window(serializers.Serializer):
    zoom = serializers.IntegerField(min_value=0, max_value=40)
    start = serializers.IntegerField(min_value=0, max_value=2**31, default=0)
    stop = serializers.IntegerField(min_value=0, max_value=2**31, default=2**31)


class StemStretchView(APIView):
    """A part of a stem."""

    @extend_schema(**STRETCH)
    def get(self, request: Request, separation: UUID, name: str) -> HttpResponse:
        """So many frames from a frame on, to the sample, as a FLAC file of their own."""
        found = _separation_of(request, separation)
        stem = _stem_of(found, name)
        return _stretch(request, stem.blob, _extent(found))


class OriginalStretchView(APIView):
    """A part of the song that was unmixed."""

    @extend_schema(**STRETCH)
    def get(self, request: Request, separation: UUID) -> HttpResponse:
        """The same part of the song itself, at the rate and width of its stems."""
        found = _separation_of(request, separation)
        return _stretch(request, found.track.to_play, _extent(found))


def _separation_of(request: Request, pk: UUID) -> Separation:
    rows = Separation.objects.owned_by(request.user).select_related(
        "owner", "stem_set__job", "track__blob", "track__playable"
    )
    found = get_object_or_404(rows.prefetch_related("stem_set__stems__blob", "removed"), pk=pk)
    if not found.stem_set.is_complete or not found.stems:
        raise NotFound("These stems are not made yet.")
    return found


def _stem_of(separation: Separation, name: str) -> Stem:
    for stem in separation.stems:
        if stem.name == name:
            return stem
    raise NotFound(f"There is no stem “{name}” here.")


def _extent(separation: Separation) -> Extent:
    with ranged.opened(separation.stems[0].blob) as file:
        return extent(file)


def _stretch(request: Request, blob: Blob, facts: Extent) -> HttpResponse:
    wish = StretchWishSerializer(data=request.query_params)
    wish.is_valid(raise_exception=True)
    start, frames = wish.validated_data["start"], wish.validated_data["frames"]
    frames = min(frames, facts.frames - start)
    if frames <= 0:
        raise NotFound("The song ends before that.")
    etag = f'"{blob.sha256[:32]}-{facts.sample_rate}-{facts.channels}-{start}-{frames}"'
    headers = {"ETag": etag, "Cache-Control": "private, max-age=0, must-revalidate"}
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers=headers)
    with ranged.opened(blob) as file:
        clip = stretch(file, start, frames, sample_rate=facts.sample_rate, channels=facts.channels)
    return HttpResponse(as_flac(clip), content_type="audio/flac", headers=headers)
