"""Separations over the API."""

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.files.streams import stream
from apps.separation import services
from apps.separation.models import Separation
from apps.separation.serializers import SeparationSerializer


class SeparationViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin,
    viewsets.GenericViewSet,
):  # fmt: skip
    """Stems of your files."""

    queryset = Separation.objects.none()
    serializer_class = SeparationSerializer

    def get_queryset(self):
        rows = Separation.objects.owned_by(self.request.user)
        return rows.select_related("track", "stem_set__job").prefetch_related(
            "stem_set__stems__blob"
        )

    @extend_schema(responses={202: SeparationSerializer})
    def create(self, request: Request) -> Response:
        """Ask for the stems of a file; asking twice gives the same separation."""
        wish = self.get_serializer(data=request.data)
        wish.is_valid(raise_exception=True)
        separation = services.request_separation(
            track=wish.validated_data["track"],
            engine=wish.validated_data["stem_set"]["engine"],
            owner=request.user,
        )
        return Response(self.get_serializer(separation).data, status=202)

    def perform_destroy(self, instance: Separation) -> None:
        services.delete_separation(instance)

    @extend_schema(
        parameters=[OpenApiParameter("name", str, OpenApiParameter.PATH)],
        responses={(200, "audio/flac"): OpenApiTypes.BINARY},
    )
    @action(detail=True, url_path=r"stems/(?P<name>[\w-]+)")
    def stem(self, request: Request, pk: str, name: str) -> HttpResponseBase:
        """One stem's audio, or a range of it."""
        separation = self.get_object()
        found = get_object_or_404(separation.stem_set.stems.select_related("blob"), name=name)
        title = f"{separation.track.title} - {name}{found.blob.suffix}"
        return stream(request, found.blob, name=title)
