"""Files over the API."""

from django.http import Http404, HttpRequest, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.files.models import Track
from apps.files.services import store_upload
from apps.files.streams import stream
from apps.files.uploads import DiskUploadHandler
from apps.library import services
from apps.library.serializers import FileDetailSerializer, FileSerializer, UploadSerializer
from apps.predictions import services as predictions


class FileViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.UpdateModelMixin,
    mixins.DestroyModelMixin, viewsets.GenericViewSet,
):  # fmt: skip
    """Your files."""

    queryset = Track.objects.none()
    serializer_class = FileDetailSerializer
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def initialize_request(self, request: HttpRequest, *args, **kwargs) -> Request:
        """Before anything reads the body: this one action takes a file."""
        if request.path.rstrip("/").endswith("/upload"):
            request.upload_handlers = [DiskUploadHandler(request)]
        return super().initialize_request(request, *args, **kwargs)

    def get_queryset(self):
        rows = Track.objects.owned_by(self.request.user)
        return rows.select_related("blob", "playable", "waveform")

    @extend_schema(
        parameters=[OpenApiParameter("q", str, description="Words in title, artist, album.")],
        responses=FileSerializer(many=True),
    )
    def list(self, request: Request) -> Response:
        """Pages of files, newest first."""
        rows = self.get_queryset().search(request.query_params.get("q", ""))
        page = self.paginate_queryset(rows) or []
        context = {**self.get_serializer_context(), "summaries": predictions.summaries(page)}
        return self.get_paginated_response(FileSerializer(page, many=True, context=context).data)

    @extend_schema(
        request={"multipart/form-data": UploadSerializer},
        responses={200: FileDetailSerializer, 201: FileDetailSerializer},
    )
    @action(detail=False, methods=["post"], parser_classes=[MultiPartParser])
    def upload(self, request: Request) -> Response:
        """Bring a recording in; the same bytes again give the file that is there (200)."""
        wish = UploadSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        track, created = store_upload(owner=request.user, upload=wish.validated_data["file"])
        return Response(self.get_serializer(track).data, status=201 if created else 200)

    def perform_destroy(self, instance: Track) -> None:
        services.delete_tracks([instance])

    @extend_schema(responses={(200, "audio/*"): OpenApiTypes.BINARY})
    @action(detail=True)
    def audio(self, request: Request, pk: str) -> HttpResponseBase:
        """The recording, or a range of it; `?download=1` gives the original bytes as a file."""
        track = self.get_object()
        blob = track.blob if request.query_params.get("download") else track.to_play
        return stream(request, blob, name=track.filename)

    @extend_schema(responses={(200, "application/json"): OpenApiTypes.OBJECT})
    @action(detail=True)
    def waveform(self, request: Request, pk: str) -> HttpResponseBase:
        """Peaks to draw: {"seconds", "points": [[min, max], …]}."""
        track = self.get_object()
        if track.waveform is None:
            raise Http404
        return stream(request, track.waveform, name="waveform.json")
