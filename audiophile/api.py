"""The REST routes, with and without trailing slash."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import SimpleRouter

from apps.jobs.endpoints import JobViewSet
from apps.library.endpoints import FileViewSet
from apps.remixes.endpoints import RemixViewSet
from apps.separation.endpoints import SeparationViewSet

app_name = "api"

router = SimpleRouter()
router.trailing_slash = "/?"
router.register("files", FileViewSet, basename="file")
router.register("separations", SeparationViewSet, basename="separation")
router.register("remixes", RemixViewSet, basename="remix")
router.register("jobs", JobViewSet, basename="job")

urlpatterns = [
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerView.as_view(url_name="api:schema"), name="docs"),
    path("", include(router.urls)),
]
