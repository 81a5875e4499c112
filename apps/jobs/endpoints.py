"""Jobs over the API."""

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.jobs import services
from apps.jobs.models import Job
from apps.jobs.serializers import JobSerializer


class JobViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Long work: yours, or everybody's for staff."""

    queryset = Job.objects.none()
    serializer_class = JobSerializer

    def get_queryset(self):
        return Job.objects.visible_to(self.request.user)

    def paginate_queryset(self, queryset):
        return Job.with_places(super().paginate_queryset(queryset) or [])

    @extend_schema(request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop a job; it stays in the list as cancelled."""
        return self._answer(services.cancel_job(self.get_object()))

    @extend_schema(request=None, responses={202: JobSerializer})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Queue a failed or cancelled job again."""
        return self._answer(services.retry_job(self.get_object()), status=202)

    def _answer(self, job: Job, status: int = 200) -> Response:
        return Response(self.get_serializer(job).data, status=status)
