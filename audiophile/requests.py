"""A number for every request, so that a person's complaint finds its line in the log."""

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase


class RequestIdMiddleware:
    """Gives the request an `id` and the answer the header `X-Request-Id`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.id = uuid.uuid4().hex[:12]  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request.id  # type: ignore[attr-defined]
        return response
