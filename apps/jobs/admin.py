"""Jobs and processes in Django admin."""

from django.contrib import admin

from apps.jobs import services
from apps.jobs.models import Job, Process


@admin.register(Job)
class JobAdmin(admin.ModelAdmin):
    list_display = [
        "label",
        "kind",
        "owner",
        "state",
        "progress",
        "attempt",
        "error",
        "created_at",
    ]
    list_filter = ["state", "kind", "queue"]
    search_fields = ["label", "error", "owner__username"]
    date_hierarchy = "created_at"
    actions = ["cancel", "retry"]

    def has_delete_permission(self, request, obj=None) -> bool:
        return False  # its track, stems or remix would wait for ever

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    @admin.action(description="Cancel", permissions=["view"])
    def cancel(self, request, queryset) -> None:
        for job in queryset:
            services.cancel_job(job)

    @admin.action(description="Try again", permissions=["view"])
    def retry(self, request, queryset) -> None:
        for job in queryset:
            services.retry_job(job)


@admin.register(Process)
class ProcessAdmin(admin.ModelAdmin):
    list_display = ["name", "worker", "heard_at"]

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False
