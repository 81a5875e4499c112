"""Files over the API."""

from django.http import Http404, HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.files import renditions, waveforms
from apps.files.models import Blob, Track
from apps.files.services import store_upload
from apps.files.streams import stream
from apps.files.taking import TakesFile
from apps.library import burial
from apps.library.filters import TrackFilter
from apps.library.pages import TrackPages
from apps.library.serializers import (
    FileDetailSerializer,
    FileSerializer,
    UploadSerializer,
    WaveformSerializer,
    WindowSerializer,
)
from apps.predictions import services as predictions
from audio.formats import FORMATS

# What is no model's name, since something else stands or will stand at its place.
RESERVED = "audio|cover|waveform|similar|stems|references|control|beats"


class FileViewSet(
    TakesFile, mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.UpdateModelMixin,
    mixins.DestroyModelMixin, viewsets.GenericViewSet,
):  # fmt: skip
    """Your files."""

    queryset = Track.objects.none()
    serializer_class = FileDetailSerializer
    pagination_class = TrackPages
    filterset_class = TrackFilter
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]
    taking_paths = ("/upload",)

    def get_queryset(self):
        rows = Track.objects.owned_by(self.request.user)
        return rows.select_related("blob", "playable", "waveform", "cover").prefetch_related(
            "tags"
        )

    @extend_schema(responses=FileSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Pages of files: searched, narrowed down, in an order; newest first unless told."""
        narrowed = TrackFilter(request.query_params, self.get_queryset(), request=request)
        narrowed.form.is_valid()
        page = self.paginate_queryset(narrowed.qs) or []
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
        burial.erase([instance])

    @extend_schema(
        parameters=[
            OpenApiParameter("format", enum=renditions.OFFERED, description="Converted to this."),
            OpenApiParameter("download", bool, description="As a file, under its name."),
        ],
        responses={(200, "audio/*"): OpenApiTypes.BINARY},
    )
    @action(detail=True)
    def audio(self, request: Request, pk: str) -> HttpResponseBase:
        """The recording, or a range of it; as a download it is the original bytes."""
        track = self.get_object()
        track.count_view()
        name = request.query_params.get("format", "")
        if name:
            return _in_format(request, track, name)
        blob = track.blob if request.query_params.get("download") else track.to_play
        return stream(request, blob, name=track.filename)

    @extend_schema(
        parameters=[
            OpenApiParameter("zoom", int, description="0 is the closest; see `zooms`."),
            OpenApiParameter("start", int, description="First peak of that zoom."),
            OpenApiParameter("stop", int, description="The one behind the last."),
        ],
        responses=WaveformSerializer,
    )
    @action(detail=True)
    def waveform(self, request: Request, pk: str) -> Response:
        """Peaks to draw: of the whole, or of a part at a closer zoom."""
        blob = _there(self.get_object().waveform)
        if "zoom" not in request.query_params:
            return Response(waveforms.overview(blob))
        window = WindowSerializer(data=request.query_params)
        window.is_valid(raise_exception=True)
        return Response(waveforms.part(blob, **window.validated_data))

    @extend_schema(responses={(200, "image/jpeg"): OpenApiTypes.BINARY})
    @action(detail=True)
    def cover(self, request: Request, pk: str) -> HttpResponseBase:
        """The picture that came with the recording, small."""
        return stream(request, _there(self.get_object().cover), name="cover.jpg")

    @extend_schema(
        operation_id="files_by_model",
        parameters=[OpenApiParameter("model", str, OpenApiParameter.PATH)],
        responses=FileDetailSerializer,
    )
    @action(detail=True, url_path=rf"(?P<model>(?!(?:{RESERVED})/?$)[a-z][\w-]*)")
    def by_model(self, request: Request, pk: str, model: str) -> Response:
        """The same, with what one model says only."""
        track = self.get_object()
        names = predictions.model_names(track)
        if model not in names:
            there = f"there are {', '.join(names)}" if names else "there are none yet"
            raise NotFound(f"There is no model “{model}” here; {there}.")
        context = {**self.get_serializer_context(), "model": model}
        return Response(FileDetailSerializer(track, context=context).data)


def _there(blob: Blob | None) -> Blob:
    if blob is None:
        raise Http404
    return blob


def _in_format(request: Request, track: Track, name: str) -> HttpResponseBase:
    """Kept, with ranges; or converted while it is sent, the first time."""
    if name not in renditions.OFFERED:
        raise NotFound(f"“{name}” is not offered; there is {', '.join(renditions.OFFERED)}.")
    title = f"{track.title}{FORMATS[name].suffix}"
    if blob := renditions.kept(track.blob, name):
        return stream(request, blob, name=title)
    return StreamingHttpResponse(
        renditions.converted(track.blob, name), content_type=FORMATS[name].content_type
    )
