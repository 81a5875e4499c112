"""Models, references and trained heads in Django admin."""

from django.contrib import admin, messages
from django.core.exceptions import ValidationError

from apps.predictions import heads
from apps.predictions.models import PredictionModel, Reference, TrainedHead


@admin.register(PredictionModel)
class PredictionModelAdmin(admin.ModelAdmin):
    list_display = ["name", "version", "threshold", "place", "missing", "created_at"]


@admin.register(Reference)
class ReferenceAdmin(admin.ModelAdmin):
    list_display = ["id", "track", "cause", "created_at", "published_at"]
    list_filter = ["cause"]
    raw_id_fields = ["track", "job", "sets"]


@admin.register(TrainedHead)
class TrainedHeadAdmin(admin.ModelAdmin):
    """Installed by `manage.py models install`; put into service here."""

    list_display = ["version", "in_service_since", "served_until", "created_at"]
    readonly_fields = ["version", "blob", "scores", "in_service_since", "served_until"]
    actions = ["put_into_service", "use_the_shipped", "roll_back"]

    def has_add_permission(self, request) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.in_service_since)

    @admin.action(description="Put into service", permissions=["change"])
    def put_into_service(self, request, queryset) -> None:
        if len(chosen := list(queryset)) != 1:
            self.message_user(request, "Choose one head.", messages.ERROR)
            return
        heads.put_into_service(chosen[0])
        self.message_user(request, f"New songs are heard by {chosen[0].version} now.")

    @admin.action(description="Use those shipped", permissions=["change"])
    def use_the_shipped(self, request, queryset) -> None:
        heads.put_shipped_into_service()
        self.message_user(request, "New songs are heard by the shipped heads now.")

    @admin.action(description="Roll back to the previous", permissions=["change"])
    def roll_back(self, request, queryset) -> None:
        try:
            before = heads.roll_back()
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return
        now_used = before.version if before else "the shipped heads"
        self.message_user(request, f"New songs are heard by {now_used} now.")
