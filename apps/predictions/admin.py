"""Models, references, the control set and trained heads in Django admin."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import ValidationError

from apps.predictions import control, heads
from apps.predictions.drift_admin import DriftLogAdmin, DriftWatchAdmin
from apps.predictions.models import (
    ControlLabel,
    ControlScore,
    DriftLog,
    DriftWatch,
    PredictionModel,
    Reference,
    Tick,
    TrainedHead,
)

admin.site.register(DriftLog, DriftLogAdmin)
admin.site.register(DriftWatch, DriftWatchAdmin)


@admin.register(PredictionModel)
class PredictionModelAdmin(admin.ModelAdmin):
    list_display = ["name", "version", "threshold", "place", "missing", "created_at"]


class MarkForm(ActionForm):
    """Which genre the chosen songs are known to be."""

    label = forms.CharField(required=False, label="genre")


@admin.register(Reference)
class ReferenceAdmin(admin.ModelAdmin):
    list_display = ["id", "track", "cause", "created_at", "published_at", "restored_at"]
    list_filter = ["cause"]
    list_select_related = ["track"]
    search_fields = ["track__title", "track__artist"]
    raw_id_fields = ["track", "job", "sets"]
    action_form = MarkForm
    actions = ["mark"]

    @admin.action(
        description="Put their songs into the control set, known as", permissions=["change"]
    )
    def mark(self, request, queryset) -> None:
        try:
            label = control.called(request.POST.get("label", ""))
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return
        tracks = {reference.track_id: reference.track for reference in queryset}
        for track in tracks.values():
            control.mark(track, label, by=request.user)
        self.message_user(request, f"{len(tracks)} songs are known as {label} now.")


@admin.register(Tick)
class TickAdmin(admin.ModelAdmin):
    list_display = ["began_at", "asked", "at_once", "unchanged", "seconds", "models_key"]

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False


class ControlLabelForm(forms.ModelForm):
    """Only what a model could say can be known."""

    class Meta:
        model = ControlLabel
        fields = ["track", "label"]

    def clean_label(self) -> str:
        try:
            return control.called(self.cleaned_data["label"])
        except ValidationError as error:
            raise ValidationError(error.messages) from error


@admin.register(ControlLabel)
class ControlLabelAdmin(admin.ModelAdmin):
    form = ControlLabelForm
    list_display = ["track", "label", "marked_by", "marked_at"]
    list_filter = ["label"]
    list_select_related = ["track", "marked_by"]
    search_fields = ["track__title", "track__artist"]
    raw_id_fields = ["track"]

    def save_model(self, request, obj, form, change) -> None:
        obj.marked_by = request.user
        super().save_model(request, obj, form, change)


@admin.register(ControlScore)
class ControlScoreAdmin(admin.ModelAdmin):
    """Their plot is in the template of this list."""

    list_display = ["model", "right", "between", "songs", "calibration_error", "made_at"]
    list_filter = ["model__name"]
    list_select_related = ["model"]

    @admin.display(ordering="accuracy")
    def right(self, score: ControlScore) -> str:
        return f"{score.accuracy:.1%}"

    @admin.display(description="between")
    def between(self, score: ControlScore) -> str:
        return f"{score.low:.1%} and {score.high:.1%}"

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False


@admin.register(TrainedHead)
class TrainedHeadAdmin(admin.ModelAdmin):
    """Installed by `manage.py models install`; put into service here."""

    list_display = ["version", "in_service_since", "created_at"]
    readonly_fields = ["version", "blob", "scores", "in_service_since"]
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
