"""`/healthz`: this process answers. `/readyz`: everything it needs does too."""

import tempfile
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from kombu.exceptions import OperationalError

from apps.jobs.models import Process
from audiophile.celery import app as celery_app

NEEDED = {"fast", "heavy", "beat"}
HEARD_WITHIN = 20.0  # seconds


class HealthMiddleware:
    """Answers before hosts, sessions and sign-in are looked at: probes have none of them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        match request.path.rstrip("/"):
            case "/healthz":
                return JsonResponse({"status": "alive"})
            case "/readyz":
                return _readiness()
        return self.get_response(request)


def _readiness() -> JsonResponse:
    troubles = _troubles()
    status = "waiting" if troubles else "ready"
    return JsonResponse({"status": status, **troubles}, status=503 if troubles else 200)


def _troubles() -> dict[str, str]:
    """What is not well, by part; empty when all is."""
    try:
        connection.ensure_connection()
        missing = Process.missing(NEEDED, within=HEARD_WITHIN)
    except DatabaseError:
        return {"database": "does not answer"}
    troubles = {name: "not heard of" for name in sorted(missing)}
    if not _broker_answers():
        troubles["broker"] = "does not answer"
    if not _can_write():
        troubles["disk"] = "cannot be written"
    return troubles


def _broker_answers() -> bool:
    try:
        with celery_app.connection_for_write(connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0)
    except (OperationalError, OSError):
        return False
    return True


def _can_write() -> bool:
    try:
        with tempfile.TemporaryFile(dir=settings.SCRATCH) as file:
            file.write(b"ready")
    except OSError:
        return False
    return True
