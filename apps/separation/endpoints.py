"""Separations over the API."""

from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db.models import Q, QuerySet
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.files.models import Track
from apps.files.services import store_upload
from apps.files.taking import TakesFile
from apps.jobs.models import Job
from apps.separation import callbacks, copies, removing, services, zips
from apps.separation.intake import RecordingJSONParser, store_recording
from apps.separation.models import Callback, Delivery, Separation, Stem
from apps.separation.serializers import (
    AskedSeparationSerializer,
    DeliverySerializer,
    SeparationSerializer,
)
from apps.separation.wishes import SeparationUploadSerializer, SeparationWishSerializer
from audio.formats import Format

UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
STEM_NAME = OpenApiParameter("name", str, OpenApiParameter.PATH)
FORMAT = [
    OpenApiParameter(
        "format", enum=copies.OFFERED,
        description="Converted to this; without it, to the one the separation was asked for in.",
    ),
    OpenApiParameter("bitrate", int, description="In kbit/s, of formats that have one."),
    OpenApiParameter("download", bool, description="As a file, under its name."),
]  # fmt: skip


class SeparationViewSet(
    TakesFile, mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin,
    viewsets.GenericViewSet,
):  # fmt: skip
    """Stems of your files."""

    queryset = Separation.objects.none()
    serializer_class = SeparationSerializer
    parser_classes = [RecordingJSONParser, MultiPartParser, FormParser]
    taking_paths = ("/separations",)

    def get_queryset(self) -> QuerySet[Separation]:
        rows = Separation.objects.owned_by(self.request.user)
        return rows.select_related("track", "stem_set__job").prefetch_related(
            "stem_set__stems__blob", "removed"
        )

    def paginate_queryset(self, queryset: Any) -> Any:
        """The places of a page's jobs in the queue are found with one query."""
        page = super().paginate_queryset(queryset) or []
        Job.with_places(row.stem_set.job for row in page if getattr(row.stem_set, "job", None))
        return page

    @extend_schema(
        parameters=[OpenApiParameter("state", enum=Job.State.values, description="Only those.")]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Yours, the latest first: how far each is, its place in the queue, seconds left."""
        return super().list(request, *args, **kwargs)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        state = self.request.query_params.get("state", "")
        if self.action != "list" or not state:
            return queryset
        if state not in Job.State.values:
            raise ValidationError({"state": [f"It is one of {', '.join(Job.State.values)}."]})
        return queryset.filter(_in_state(state))

    @extend_schema(
        request={
            "application/json": SeparationWishSerializer,
            "multipart/form-data": SeparationUploadSerializer,
        },
        responses={202: AskedSeparationSerializer},
    )
    def create(self, request: Request) -> Response:
        """Ask for the stems of a file, or of a recording that comes along; asking twice gives the
        same separation. The secret that callbacks are signed with is in the answer."""
        wish = _wish(request)(data=request.data, context=self.get_serializer_context())
        wish.is_valid(raise_exception=True)
        wanted = dict(wish.validated_data)
        track = _track(request.user, wanted)
        wanted["only"] = tuple(wanted.pop("stems"))
        separation = services.request_separation(track=track, owner=request.user, **wanted)
        context = {**self.get_serializer_context(), "callback": _callback(separation, wanted)}
        return Response(AskedSeparationSerializer(separation, context=context).data, status=202)

    def perform_destroy(self, instance: Separation) -> None:
        services.delete_separation(instance)

    # -- stems -----------------------------------------------------------------------------------

    @extend_schema(
        parameters=[STEM_NAME, *FORMAT], responses={(200, "audio/*"): OpenApiTypes.BINARY}
    )
    @action(detail=True, url_path=r"stems/(?P<name>[\w-]+)")
    def stem(self, request: Request, pk: str, name: str) -> HttpResponseBase:
        """One stem's audio, or a range of it; the first time in another format, the whole."""
        separation = self.get_object()
        stem = _stem(separation, name)
        title = f"{separation.track.title} - {name}"
        return copies.answer(request, stem.blob, _form(request, separation), title)

    @extend_schema(parameters=[STEM_NAME], responses={204: None})
    @stem.mapping.delete
    def remove_stem(self, request: Request, pk: str, name: str) -> Response:
        """Throw one stem away; others who have the same stems keep it."""
        separation = self.get_object()
        removing.remove_stem(separation, _stem(separation, name))
        return Response(status=204)

    @extend_schema(
        operation_id="separations_zip",
        parameters=FORMAT[:2],
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    @action(detail=True, url_path=r"stems\.zip")
    def zip(self, request: Request, pk: str) -> HttpResponseBase:
        """All stems in one archive, packed while it is sent."""
        separation = self.get_object()
        if separation.state != Job.State.DONE:
            raise NotFound("These stems are not made yet.")
        return zips.answer(separation, _form(request, separation))

    # -- callbacks -------------------------------------------------------------------------------

    @extend_schema(responses=DeliverySerializer(many=True))
    @action(detail=True, serializer_class=DeliverySerializer)
    def deliveries(self, request: Request, pk: str) -> Response:
        """What its callbacks were told, and what became of it; the latest first."""
        rows = Delivery.objects.filter(callback__separation=self.get_object())
        page = super().paginate_queryset(rows.select_related("callback"))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        parameters=[OpenApiParameter("delivery", OpenApiTypes.UUID, OpenApiParameter.PATH)],
        request=None,
        responses={202: DeliverySerializer},
    )
    @action(
        detail=True,
        methods=["post"],
        url_path=f"deliveries/(?P<delivery>{UUID})/resend",
        serializer_class=DeliverySerializer,
    )
    def resend(self, request: Request, pk: str, delivery: str) -> Response:
        """Send a message again, under the number that it had."""
        rows = Delivery.objects.filter(callback__separation=self.get_object())
        found = get_object_or_404(rows.select_related("callback"), pk=delivery)
        return Response(self.get_serializer(callbacks.resend(found)).data, status=202)


def _in_state(state: str) -> Q:
    """As `Separation.state` has it."""
    complete = Q(stem_set__completed_at__isnull=False)
    if state == Job.State.DONE:
        return complete
    of_job = Q(stem_set__job__state=state)
    if state == Job.State.QUEUED:
        of_job |= Q(stem_set__job=None)
    return of_job & ~complete


def _wish(request: Request) -> type[SeparationWishSerializer]:
    said = request.data
    comes_along = isinstance(said, dict) and isinstance(said.get("file"), TemporaryUploadedFile)
    return SeparationUploadSerializer if comes_along else SeparationWishSerializer


def _track(owner: Any, wanted: dict[str, Any]) -> Track:
    """The one that is named, or the one that the recording becomes."""
    name = wanted.pop("name")
    if "mp3" in wanted:
        return store_recording(owner=owner, content=wanted.pop("mp3"), name=name)
    file = wanted.pop("file")
    comes_along = isinstance(file, TemporaryUploadedFile)
    return store_upload(owner=owner, upload=file)[0] if comes_along else file


def _callback(separation: Separation, wanted: dict[str, Any]) -> Callback | None:
    asked = wanted["callback"]
    return Callback.objects.of(separation, **asked).first() if asked else None


def _stem(separation: Separation, name: str) -> Stem:
    for stem in separation.stems:
        if stem.name == name:
            return stem
    raise NotFound(f"There is no stem “{name}” here.")


def _form(request: Request, separation: Separation) -> Format:
    """What was asked for now, or else with the separation."""
    name, bitrate = (request.query_params.get(key, "") for key in ("format", "bitrate"))
    if not name and not bitrate:
        return copies.form(separation.format, separation.bitrate)
    if bitrate and not (bitrate.isascii() and bitrate.isdecimal()):
        raise ValidationError({"bitrate": ["It is a whole number of kbit/s."]})
    return copies.form(name or separation.format, int(bitrate[:9]) if bitrate else None)
