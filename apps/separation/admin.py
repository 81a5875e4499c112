"""Callbacks and their deliveries in Django admin: seen, and sent again."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.separation import callbacks
from apps.separation.models import Callback, Delivery


class ReadOnly(admin.ModelAdmin):
    """Rows that the product writes, and nobody else."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Callback)
class CallbackAdmin(ReadOnly):
    list_display = ["url", "owner", "separation", "waits", "created_at"]
    list_filter = ["waits"]
    list_select_related = ["owner", "separation__track", "separation__stem_set"]
    search_fields = ["url", "owner__username"]


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    list_display = [
        "created_at", "receiver", "outcome", "state", "tries", "next_at", "status", "problem",
        "delivered_at",
    ]  # fmt: skip
    list_filter = ["state", "outcome", "created_at"]
    search_fields = ["id", "receiver", "callback__owner__username"]
    date_hierarchy = "created_at"
    actions = ["send_again"]

    @admin.action(description="Send again", permissions=["view"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        for delivery in queryset:
            callbacks.resend(delivery)
        self.message_user(request, f"{queryset.count()} are sent again.")
