"""The library and the song pages; included at the root."""

from django.urls import path

from apps.library import views

app_name = "library"
urlpatterns = [
    path("", views.songs, name="songs"),
    path("songs/rows/", views.rows, name="rows"),
    path("songs/bulk/", views.bulk, name="bulk"),
    path("songs/demo/", views.demo, name="demo"),
    path("songs/<uuid:pk>/", views.song, name="song"),
    path("songs/<uuid:pk>/row/", views.row, name="row"),
    path("songs/<uuid:pk>/facts/", views.facts, name="facts"),
    path("songs/<uuid:pk>/stems/", views.stems, name="stems"),
    path("songs/<uuid:pk>/unmix/", views.unmix, name="unmix"),
    path("songs/<uuid:pk>/edit/", views.edit, name="edit"),
    path("songs/<uuid:pk>/delete/", views.delete, name="delete"),
]
