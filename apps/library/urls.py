"""The library and the song pages; included at the root."""

from django.urls import path

from apps.library import views
from apps.library.storage_view import storage

app_name = "library"
urlpatterns = [
    path("", views.songs, name="songs"),
    path("settings/storage/", storage, name="storage"),
    path("songs/rows/", views.rows, name="rows"),
    path("songs/more/", views.more, name="more"),
    path("songs/bulk/", views.do_with_many, name="bulk"),
    path("songs/undo/", views.undo, name="undo"),
    path("songs/import/", views.fetch, name="import"),
    path("songs/demo/", views.demo, name="demo"),
    path("songs/<uuid:pk>/", views.song, name="song"),
    path("songs/<uuid:pk>/row/", views.row, name="row"),
    path("songs/<uuid:pk>/facts/", views.facts, name="facts"),
    path("songs/<uuid:pk>/lanes/", views.lanes, name="lanes"),
    path("songs/<uuid:pk>/stems/", views.stems, name="stems"),
    path("songs/<uuid:pk>/unmix/", views.unmix, name="unmix"),
    path("songs/<uuid:pk>/edit/", views.edit, name="edit"),
    path("songs/<uuid:pk>/tags/", views.tags, name="tags"),
    path("songs/<uuid:pk>/delete/", views.delete, name="delete"),
]
