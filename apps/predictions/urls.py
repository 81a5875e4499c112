"""Pages about models, and about clips that are only tried; included at the root."""

from django.urls import path

from apps.predictions import views

app_name = "predictions"
urlpatterns = [
    path("models/", views.models, name="models"),
    path("models/weights/", views.weights, name="weights"),
    path("models/weights/<str:name>/fetch/", views.fetch, name="fetch"),
    path("models/weights/<str:name>/verify/", views.verify, name="verify"),
    path("models/weights/<str:name>/remove/", views.remove, name="remove"),
    path("songs/<uuid:pk>/references/<uuid:reference>/restore/", views.restore, name="restore"),
    path("try/", views.try_clip, name="try"),
    path("try/<uuid:job>/", views.trial, name="trial"),
]
