"""Endpoints that take a file."""

from django.conf import settings
from django.http import HttpRequest

from apps.files.uploads import DiskUploadHandler


class TakesFile:
    """Before anything reads the body: these endpoints take a file, all others refuse it."""

    taking_paths: tuple[str, ...] = ("",)  # how the path of such a request ends

    @property
    def most_bytes(self) -> int:
        """Of the file."""
        return settings.MAX_UPLOAD_BYTES

    def initialize_request(self, request: HttpRequest, *args, **kwargs):
        if request.path.rstrip("/").endswith(self.taking_paths):
            request.upload_handlers = [DiskUploadHandler(request, most=self.most_bytes)]
        return super().initialize_request(request, *args, **kwargs)  # type: ignore[misc]
