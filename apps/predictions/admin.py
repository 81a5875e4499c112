"""Models and references in Django admin."""

from django.contrib import admin

from apps.predictions.models import PredictionModel, Reference


@admin.register(PredictionModel)
class PredictionModelAdmin(admin.ModelAdmin):
    list_display = ["name", "version", "threshold", "created_at"]


@admin.register(Reference)
class ReferenceAdmin(admin.ModelAdmin):
    list_display = ["id", "track", "cause", "created_at", "published_at"]
    list_filter = ["cause"]
    raw_id_fields = ["track", "job", "sets"]
