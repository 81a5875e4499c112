"""The page of drift."""

from django.urls import path

from apps.predictions import drift_views

app_name = "drift"
urlpatterns = [
    path("", drift_views.page, name="page"),
    path("measure/", drift_views.measure, name="measure"),
    path("<uuid:alarm>/<slug:action>/", drift_views.act, name="act"),
]
