"""Which path leads to which app."""

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path


def nowhere(request: HttpRequest) -> HttpResponse:
    raise Http404


handler400 = "audiophile.errors.bad_request"
handler403 = "audiophile.errors.forbidden"
handler404 = "audiophile.errors.not_found"
handler500 = "audiophile.errors.ours"

urlpatterns = [
    path("api", nowhere),
    path("api/", include("audiophile.api")),
    path("admin/", admin.site.urls),
    path("", include("apps.accounts.urls")),
    path("jobs/", include("apps.jobs.urls")),
    path("remixes/", include("apps.remixes.urls")),
    path("drift/", include("apps.predictions.drift_urls")),
    path("", include("apps.predictions.urls")),
    path("", include("apps.library.urls")),
]
