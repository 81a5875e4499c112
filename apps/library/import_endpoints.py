"""Bringing in recordings from elsewhere, over the API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.files.imports import request_import
from apps.files.outgoing import OutgoingRefused
from apps.jobs.serializers import JobSerializer


class ImportSerializer(serializers.Serializer):
    url = serializers.CharField(max_length=1000, help_text="Where the audio file is.")


class ImportView(APIView):
    """Files from the web."""

    @extend_schema(request=ImportSerializer, responses={202: JobSerializer})
    def post(self, request: Request) -> Response:
        """Fetch an audio file from the web; while that runs, asking again gives the same job."""
        wish = ImportSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        try:
            job = request_import(owner=request.user, url=wish.validated_data["url"])
        except OutgoingRefused as refusal:
            raise serializers.ValidationError({"url": [str(refusal)]}) from refusal
        return Response(JobSerializer(job).data, status=202)
