"""Remixes over the API."""

from django.http import Http404, HttpResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.files import waveforms
from apps.files.models import Blob
from apps.files.streams import stream
from apps.remixes import services
from apps.remixes.models import Remix
from apps.remixes.serializers import RemixSerializer, RemixWishSerializer


class RemixViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin,
    viewsets.GenericViewSet,
):  # fmt: skip
    """Your remixes."""

    queryset = Remix.objects.none()
    serializer_class = RemixSerializer

    def get_queryset(self):
        rows = Remix.objects.owned_by(self.request.user)
        return rows.select_related("job", "blob", "waveform").prefetch_related("tracks")

    @extend_schema(request=RemixWishSerializer, responses={202: RemixSerializer})
    def create(self, request: Request) -> Response:
        """Ask for a remix of one file or more."""
        wish = RemixWishSerializer(data=request.data, context=self.get_serializer_context())
        wish.is_valid(raise_exception=True)
        tracks = wish.validated_data.pop("files")
        remix = services.request_remix(owner=request.user, tracks=tracks, **wish.validated_data)
        return Response(self.get_serializer(remix).data, status=202)

    def perform_destroy(self, instance: Remix) -> None:
        services.delete_remix(instance)

    @extend_schema(responses={(200, "audio/flac"): OpenApiTypes.BINARY})
    @action(detail=True)
    def audio(self, request: Request, pk: str) -> HttpResponseBase:
        """The rendered remix, or a range of it."""
        remix = self.get_object()
        blob = _there(remix.blob)
        return stream(request, blob, name=f"{remix.title}{blob.suffix}")

    @extend_schema(responses={(200, "application/json"): OpenApiTypes.OBJECT})
    @action(detail=True)
    def waveform(self, request: Request, pk: str) -> Response:
        """Peaks to draw: {"seconds", "points": [[min, max], …]}."""
        return Response(waveforms.overview(_there(self.get_object().waveform)))

    @extend_schema(responses={(200, "application/json"): OpenApiTypes.OBJECT})
    @action(detail=True)
    def recipe(self, request: Request, pk: str) -> HttpResponse:
        """The remix as data: which beats of which song, in order, and why."""
        remix = self.get_object()
        if remix.recipe is None:
            raise Http404
        headers = {"Content-Disposition": 'attachment; filename="recipe.json"'}
        return Response(remix.recipe, headers=headers)


def _there(blob: Blob | None) -> Blob:
    if blob is None:
        raise Http404
    return blob
