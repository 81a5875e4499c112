"""Over the API: clips that are not kept, what was heard where, and the models themselves."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.files.models import Track
from apps.files.taking import TakesFile
from apps.jobs.models import Job
from apps.jobs.serializers import JobSerializer
from apps.predictions import catalogue, heads, reading, trials
from apps.predictions.models import Trial
from apps.predictions.serializers import (
    CatalogueSerializer,
    DetectionSerializer,
    TrialSerializer,
    TrialWishSerializer,
    WaitingSerializer,
)
from audio.errors import AudioError

UNKNOWN = OpenApiResponse(OpenApiTypes.OBJECT, "There is no such thing; the message lists those.")
FULL = OpenApiResponse(OpenApiTypes.OBJECT, "Too many of your clips wait; the message says so.")
TOO_LARGE = OpenApiResponse(OpenApiTypes.OBJECT, "The clip is too large or too long.")
AT_FAULT = OpenApiResponse(OpenApiTypes.OBJECT, "The clip cannot be heard; the message says why.")


STATUSES = {"ours": 500, "no_space": 507, "no_memory": 503, "lost": 503}  # else the clip's fault
AT_OUR_FAULT = {
    500: OpenApiResponse(OpenApiTypes.OBJECT, "Something went wrong here; `ours`."),
    503: OpenApiResponse(OpenApiTypes.OBJECT, "There is too little memory; `no_memory`, `lost`."),
    507: OpenApiResponse(OpenApiTypes.OBJECT, "There is no room on the disk; `no_space`."),
}


class NotHeard(AudioError):
    """A trial whose job came to nothing."""

    def __init__(self, job: Job) -> None:
        super().__init__(job.error or "Listening to this clip was cancelled.")
        self.code = job.error_code or job.state
        self.status = STATUSES.get(self.code, 422)


class PredictView(TakesFile, APIView):
    """Clips that are not kept."""

    parser_classes = [MultiPartParser]
    taking_paths = ("/predict",)

    @property
    def most_bytes(self) -> int:
        return trials.most_bytes()

    @extend_schema(
        request={"multipart/form-data": TrialWishSerializer},
        responses={
            200: TrialSerializer,
            202: WaitingSerializer,
            404: UNKNOWN,
            409: FULL,
            413: TOO_LARGE,
            422: AT_FAULT,
            **AT_OUR_FAULT,
        },
    )
    def post(self, request: Request) -> Response:
        """What the models say of a clip; when that takes longer than 10 s, where it will be."""
        wish = TrialWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        upload, model = wish.validated_data["file"], wish.validated_data["model"]
        try:
            trial = trials.request_trial(owner=request.user, upload=upload, model=model)
        except trials.UnknownModel as error:
            raise NotFound(str(error)) from error
        trials.finished(trial)
        return _answer(trial)


class TrialView(APIView):
    """Clips that are not kept."""

    @extend_schema(
        operation_id="predict_retrieve",
        responses={200: TrialSerializer, 202: WaitingSerializer, 422: AT_FAULT, **AT_OUR_FAULT},
    )
    def get(self, request: Request, job: UUID) -> Response:
        """What the models said of a clip; kept for an hour."""
        try:
            return _answer(trials.find(request.user, job))
        except Trial.DoesNotExist as error:
            raise NotFound("There is no such clip; what was said is kept for an hour.") from error


def _answer(trial: Trial) -> Response:
    job = trial.job
    if trial.answer is not None:
        return Response({"job": str(job.pk), **trial.answer})
    if not job.is_active:
        raise NotHeard(job)
    waiting = {"job": JobSerializer(job).data, "result": f"/api/predict/{job.pk}"}
    return Response(waiting, status=202)


class DetectView(APIView):
    """What was heard where."""

    @extend_schema(
        parameters=[OpenApiParameter("utterance", str, OpenApiParameter.PATH)],
        responses=DetectionSerializer(many=True),
    )
    def get(self, request: Request, utterance: str, file_id: UUID) -> Response:
        """The windows of a file in which a word, genre or tag passed its model's threshold."""
        track = get_object_or_404(Track.objects.owned_by(request.user), pk=file_id)
        reference = reading.current_reference(track)
        known = reading.utterances(reference)
        if utterance.casefold() not in map(str.casefold, known):
            there = f"there are {', '.join(known)}" if known else "there are none yet"
            raise NotFound(f"Nothing here listens for “{utterance}”; {there}.")
        return Response(reading.detections(track, reference, utterance))


class CatalogueView(APIView):
    """The models."""

    @extend_schema(responses=CatalogueSerializer)
    def get(self, request: Request) -> Response:
        """The models in use, the files of weights they need, and heads trained here."""
        admin = getattr(request.user, "is_admin", False)
        rows = [row if admin else catalogue.for_members(row) for row in catalogue.catalogue()]
        weights = [_with_job_id(row) for row in rows]
        found = {"models": catalogue.model_cards(), "weights": weights, "heads": heads.heads()}
        return Response(CatalogueSerializer(found).data)


def _with_job_id(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "job": row["job"] and row["job"].pk}


class IsAdmin(BasePermission):
    message = "Only an admin can do this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and getattr(request.user, "is_admin", False))


class FetchWeightsView(APIView):
    """The models."""

    permission_classes = [IsAdmin]

    @extend_schema(request=None, responses={202: JobSerializer})
    def post(self, request: Request, name: str) -> Response:
        """Fetch a file of weights; while that runs, asking again gives the same job."""
        try:
            job = catalogue.request_fetch(name=name, owner=request.user)
        except catalogue.NoSuchWeights as error:
            raise NotFound(str(error)) from error
        return Response(JobSerializer(job).data, status=202)


class WeightsView(APIView):
    """The models."""

    permission_classes = [IsAdmin]

    @extend_schema(responses={204: None})
    def delete(self, request: Request, name: str) -> Response:
        """Remove a file of weights from this machine."""
        try:
            catalogue.remove_weights(name)
        except catalogue.NoSuchWeights as error:
            raise NotFound(str(error)) from error
        return Response(status=204)
