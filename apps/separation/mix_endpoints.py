"""Mixes over the API: what a mixer was set to, as a file."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from apps.files.streams import stream
from apps.separation import mixes
from apps.separation.mix_serializers import MixSerializer, MixWishSerializer
from apps.separation.models import Mix, Separation


class MixesView(GenericAPIView):
    """Mixes of one separation."""

    serializer_class = MixSerializer
    queryset = Mix.objects.none()

    def get_queryset(self) -> QuerySet[Mix]:
        separation = _separation_of(self.request, self.kwargs["separation"])
        return separation.mixes.select_related("job", "blob")

    @extend_schema(operation_id="separations_mixes_list", responses=MixSerializer(many=True))
    def get(self, request: Request, separation: UUID) -> Response:
        """Yours, the latest first."""
        page = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(request=MixWishSerializer, responses={202: MixSerializer})
    def post(self, request: Request, separation: UUID) -> Response:
        """Have the stems mixed, whole or in part; the same wish twice is the same mix."""
        wish = MixWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        found = _separation_of(request, separation)
        mix = mixes.request_mix(separation=found, owner=request.user, **wish.validated_data)
        return Response(self.get_serializer(mix).data, status=202)


class MixView(GenericAPIView):
    """One mix."""

    serializer_class = MixSerializer
    queryset = Mix.objects.none()

    def get_queryset(self) -> QuerySet[Mix]:
        return _mixes_of(self.request, self.kwargs["separation"])

    @extend_schema(responses=MixSerializer)
    def get(self, request: Request, separation: UUID, pk: UUID) -> Response:
        """How far it is, and where it is to be had."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, separation: UUID, pk: UUID) -> Response:
        """Remove it; if it is still being made, that stops."""
        mixes.delete_mix(self.get_object())
        return Response(status=204)


class MixAudioView(GenericAPIView):
    """The sound of a mix."""

    serializer_class = MixSerializer
    queryset = Mix.objects.none()

    @extend_schema(responses={(200, "audio/*"): OpenApiTypes.BINARY})
    def get(self, request: Request, separation: UUID, pk: UUID) -> HttpResponseBase:
        """The file, or a range of it; `?download=1` saves it under the song's name."""
        mix = get_object_or_404(_mixes_of(request, separation), pk=pk)
        if mix.blob is None:
            raise NotFound("This mix is not made yet.")
        name = f"{mix.separation.track.title} - mix{mix.blob.suffix}"
        return stream(request, mix.blob, name=name)


def _separation_of(request: Request, pk: Any) -> Separation:
    rows = Separation.objects.owned_by(request.user).select_related("track", "stem_set__job")
    return get_object_or_404(rows, pk=pk)


def _mixes_of(request: Request, separation: Any) -> QuerySet[Mix]:
    rows = Mix.objects.owned_by(request.user).filter(separation=separation)
    return rows.select_related("job", "blob", "separation__track")
