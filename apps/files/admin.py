"""Recordings and stored bytes in Django admin."""

from django.contrib import admin

from apps.files.models import Blob, Track


@admin.register(Track)
class TrackAdmin(admin.ModelAdmin):
    list_display = ["title", "artist", "owner", "state", "seconds", "codec", "created_at"]
    list_filter = ["state", "codec"]
    search_fields = ["title", "artist", "owner__username", "sha256"]
    raw_id_fields = ["blob", "playable", "waveform", "job"]


@admin.register(Blob)
class BlobAdmin(admin.ModelAdmin):
    list_display = ["key", "storage", "size", "content_type", "created_at"]
    list_filter = ["storage", "content_type"]
    search_fields = ["key", "sha256"]

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False
