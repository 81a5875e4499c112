"""The REST routes, with and without trailing slash."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import SimpleRouter

from apps.jobs.endpoints import JobViewSet
from apps.library.endpoints import FileViewSet
from apps.library.import_endpoints import ImportView
from apps.library.storage_endpoints import NotificationsView, StorageView, UploadToBucketView
from apps.library.tus import UploadsView, UploadView
from apps.predictions.control_endpoints import ControlSetView, ControlView
from apps.predictions.drift_endpoints import (
    DriftActionView,
    DriftLogsView,
    DriftLogView,
    DriftRatesView,
    DriftStateView,
)
from apps.predictions.endpoints import (
    CatalogueView,
    DetectView,
    FetchWeightsView,
    PredictView,
    TrialView,
    WeightsView,
)
from apps.predictions.history_endpoints import (
    CompareView,
    ReferencesView,
    ReferenceView,
    RestoreView,
)
from apps.remixes.beat_endpoints import BeatsView
from apps.remixes.endpoints import RemixViewSet
from apps.separation.endpoints import SeparationViewSet
from apps.separation.mix_endpoints import MixAudioView, MixesView, MixView
from apps.separation.player_endpoints import (
    MixerView,
    OriginalStretchView,
    StemStretchView,
    StemWaveformView,
)

app_name = "api"
NAME = r"[\w.-]+"
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

FILE = f"^files/(?P<file_id>{UUID})"
REFERENCE = f"{FILE}/references/(?P<reference>{UUID})"
SEPARATION = f"^separations/(?P<separation>{UUID})"
STEM = rf"{SEPARATION}/stems/(?P<name>[\w-]+)"
MIX = f"{SEPARATION}/mixes/(?P<pk>{UUID})"

router = SimpleRouter()
router.trailing_slash = "/?"
router.register("files", FileViewSet, basename="file")
router.register("separations", SeparationViewSet, basename="separation")
router.register("remixes", RemixViewSet, basename="remix")
router.register("jobs", JobViewSet, basename="job")

urlpatterns = [
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerView.as_view(url_name="api:schema"), name="docs"),
    re_path("^files/import/?$", ImportView.as_view(), name="import"),
    re_path(f"{FILE}/references/?$", ReferencesView.as_view(), name="references"),
    re_path(f"{REFERENCE}/?$", ReferenceView.as_view(), name="reference"),
    re_path(f"{REFERENCE}/restore/?$", RestoreView.as_view(), name="restore"),
    re_path(
        f"{FILE}/references/(?P<before>{UUID})/compare/(?P<after>{UUID})/?$",
        CompareView.as_view(),
        name="compare",
    ),
    re_path(f"{FILE}/beats/?$", BeatsView.as_view(), name="beats"),
    re_path(f"{FILE}/control/?$", ControlView.as_view(), name="control"),
    re_path("^control/?$", ControlSetView.as_view(), name="control-set"),
    re_path("^drift/?$", DriftLogsView.as_view(), name="drift"),
    re_path("^drift/state/?$", DriftStateView.as_view(), name="drift-state"),
    re_path("^drift/measure/?$", DriftRatesView.as_view(), name="drift-measure"),
    re_path(f"^drift/(?P<alarm>{UUID})/?$", DriftLogView.as_view(), name="drift-alarm"),
    re_path(
        f"^drift/(?P<alarm>{UUID})/(?P<action>acknowledge|exclude|resolve|reopen)/?$",
        DriftActionView.as_view(),
        name="drift-act",
    ),
    re_path("^uploads/?$", UploadsView.as_view(), name="uploads"),
    re_path(f"^uploads/(?P<pk>{UUID})/?$", UploadView.as_view(), name="upload"),
    re_path("^files/upload/s3/?$", UploadToBucketView.as_view(), name="file-upload-s3"),
    re_path("^storage/?$", StorageView.as_view(), name="storage"),
    re_path("^storage/notifications/?$", NotificationsView.as_view(), name="notifications"),
    re_path("^predict/?$", PredictView.as_view(), name="predict"),
    re_path(f"^predict/(?P<job>{UUID})/?$", TrialView.as_view(), name="trial"),
    re_path(
        f"^detect/(?P<utterance>[^/]+)/(?P<file_id>{UUID})/?$", DetectView.as_view(), name="detect"
    ),
    re_path("^models/?$", CatalogueView.as_view(), name="models"),
    re_path(f"^models/weights/(?P<name>{NAME})/?$", WeightsView.as_view(), name="weights"),
    re_path(
        f"^models/weights/(?P<name>{NAME})/fetch/?$", FetchWeightsView.as_view(), name="fetch"
    ),
    re_path(f"{SEPARATION}/mixer/?$", MixerView.as_view(), name="mixer"),
    re_path(f"{STEM}/stretch/?$", StemStretchView.as_view(), name="stem-stretch"),
    re_path(f"{STEM}/waveform/?$", StemWaveformView.as_view(), name="stem-waveform"),
    re_path(
        f"{SEPARATION}/original/stretch/?$", OriginalStretchView.as_view(), name="original-stretch"
    ),
    re_path(f"{SEPARATION}/mixes/?$", MixesView.as_view(), name="mixes"),
    re_path(f"{MIX}/?$", MixView.as_view(), name="mix"),
    re_path(f"{MIX}/audio/?$", MixAudioView.as_view(), name="mix-audio"),
    path("", include(router.urls)),
]
