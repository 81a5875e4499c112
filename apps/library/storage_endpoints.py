"""Where bytes are kept, over the API: into the bucket, out of the bucket, how much of it."""

import hmac

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.files import incoming
from apps.files.services import store_upload
from apps.files.taking import TakesFile
from apps.library import usage
from apps.library.serializers import FileDetailSerializer, UploadSerializer

NO_BUCKET = "This server has no S3 bucket. Whoever runs it has to set {missing}."


class NoBucket(APIException):
    status_code = 409
    default_code = "s3_not_configured"

    def __init__(self) -> None:
        *most, last = settings.S3_MISSING or ["AWS_S3_BUCKET"]
        missing = f"{', '.join(most)} and {last}" if most else last
        super().__init__(NO_BUCKET.format(missing=missing))


class UploadToBucketView(TakesFile, APIView):
    """Files, into the bucket."""

    parser_classes = [MultiPartParser]

    @extend_schema(
        request={"multipart/form-data": UploadSerializer},
        responses={200: FileDetailSerializer, 201: FileDetailSerializer},
    )
    def post(self, request: Request) -> Response:
        """Bring a recording in and keep it in the S3 bucket; otherwise like `files/upload`."""
        if "s3" not in settings.STORAGES:
            raise NoBucket
        wish = UploadSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        upload = wish.validated_data["file"]
        track, created = store_upload(owner=request.user, upload=upload, alias="s3")
        context = {"request": request}
        return Response(
            FileDetailSerializer(track, context=context).data, status=201 if created else 200
        )


class QuotaSerializer(serializers.Serializer):
    bytes_used = serializers.IntegerField()
    bytes_allowed = serializers.IntegerField(help_text="0: no limit.")
    seconds_used = serializers.FloatField()
    minutes_allowed = serializers.IntegerField(help_text="0: no limit.")


class UseSerializer(serializers.Serializer):
    """The bytes of one person; what several people share counts for each of them."""

    username = serializers.CharField()
    total = serializers.IntegerField()
    kinds = serializers.DictField(child=serializers.IntegerField())
    quota = QuotaSerializer(allow_null=True)


class DiskSerializer(serializers.Serializer):
    total = serializers.IntegerField()
    free = serializers.IntegerField()


class StorageSerializer(serializers.Serializer):
    """All in bytes. What is not yours to know is empty."""

    you = UseSerializer()
    disk = DiskSerializer(help_text="The disk under the local storage.")
    people = UseSerializer(many=True, help_text="For admins: everybody, the greatest first.")
    kinds = serializers.DictField(
        child=serializers.IntegerField(), help_text="For admins: every stored byte once, by kind."
    )
    storages = serializers.DictField(
        child=serializers.IntegerField(), help_text="For admins: the bytes in each storage."
    )


class StorageView(APIView):
    """Space."""

    @extend_schema(responses=StorageSerializer)
    def get(self, request: Request) -> Response:
        """Who and what takes the space: you; for admins, everybody."""
        return Response(StorageSerializer(usage.visible_to(request.user)).data)


class KnowsTheSecret(BasePermission):
    """Lets in who names AUDIOPHILE_S3_NOTIFY_SECRET; where none is set, nothing is here."""

    message = "This is not the secret of this server."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not settings.S3_NOTIFY_SECRET or "s3" not in settings.STORAGES:
            raise Http404
        given = request.headers.get("X-Audiophile-Secret") or request.query_params.get("secret")
        given = given or request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), settings.S3_NOTIFY_SECRET.encode())


class TextParser(JSONParser):
    """Amazon's SNS sends JSON as text."""

    media_type = "text/plain"

    def parse(self, stream, media_type=None, parser_context=None):
        length = int((parser_context or {})["request"].META.get("CONTENT_LENGTH") or 0)
        if length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig
        return super().parse(stream, media_type, parser_context)


class NoticedSerializer(serializers.Serializer):
    people = serializers.IntegerField(help_text="How many people have something coming.")


class NotificationsView(APIView):
    """News from the bucket."""

    authentication_classes = []
    permission_classes = [KnowsTheSecret]
    parser_classes = [*APIView.parser_classes[:1], TextParser]

    @extend_schema(
        auth=[],
        request=OpenApiTypes.OBJECT,
        responses={202: NoticedSerializer},
        parameters=[
            OpenApiParameter("secret", str, description="Or the header X-Audiophile-Secret.")
        ],
    )
    def post(self, request: Request) -> Response:
        """An S3 event: new objects below `incoming/<username>/` become songs of that person."""
        return Response({"people": len(incoming.notice(request.data))}, status=202)
