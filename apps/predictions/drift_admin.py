"""Alarms of drift in Django admin: filtered, plotted, acted on."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join

from apps.predictions import drift
from apps.predictions.models import DriftLog


class DriftLogAdmin(admin.ModelAdmin):
    """Their plots are in the template of this list."""

    list_display = [
        "created_at", "watch", "cause", "state", "p", "effect", "measure", "window_units", "times",
        "changed_by",
    ]  # fmt: skip
    list_filter = ["state", "cause", "watch", "created_at"]
    list_select_related = ["watch", "changed_by"]
    search_fields = ["measure", "songs"]
    date_hierarchy = "created_at"
    readonly_fields = ["songs_heard"]
    actions = ["acknowledge", "exclude_songs", "resolve", "reopen"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> Any:
        context = {**(extra_context or {}), "streams": drift.known()}
        return super().changelist_view(request, context)

    @admin.display(description="songs that drive it")
    def songs_heard(self, alarm: DriftLog) -> str:
        found = drift.songs([alarm]).values()
        rows = ((track.title, track.artist or "nobody") for track in found)
        return format_html_join("", "<div>{} by {}</div>", rows)

    @admin.action(description="Acknowledge", permissions=["view"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._act(request, queryset, "acknowledge")

    @admin.action(description="Exclude what arrived then", permissions=["view"])
    def exclude_songs(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._act(request, queryset, "exclude")

    @admin.action(description="Resolve: this is the new normal", permissions=["view"])
    def resolve(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._act(request, queryset, "resolve")

    @admin.action(description="Reopen", permissions=["view"])
    def reopen(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._act(request, queryset, "reopen")

    def _act(self, request: HttpRequest, queryset: QuerySet, action: str) -> None:
        for alarm in queryset:
            try:
                drift.act(alarm, action, by=request.user)
            except ValidationError as error:
                self.message_user(request, " ".join(error.messages), messages.ERROR)


class DriftWatchAdmin(admin.ModelAdmin):
    list_display = ["stream", "state", "sentence", "looked_at", "checked_at", "measured_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
