"""The one shape of an API error, whoever's fault it was."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from apps.files.stored import Unreachable
from apps.files.uploads import TooLarge
from apps.jobs.room import is_no_room
from audio.errors import AudioError

logger = logging.getLogger(__name__)

FULL = "There is no room left on the server's disk. Nothing was stored."
TOO_MUCH = "This request is larger than any of its kind needs to be."
NO_STORAGE = "The storage does not answer just now. Nothing was stored; try again in a moment."
SORRY = "Something went wrong on our side. The request's number helps whoever looks for it."


def error_body(request: Any, *, code: str, message: str, fields: dict | None = None) -> dict:
    """The shape: {"error": {code, message, fields, request_id}}."""
    request_id = getattr(request, "id", "")
    return {
        "error": {
            "code": code,
            "message": message,
            "fields": fields or {},
            "request_id": request_id,
        }
    }


def api_error(exc: Exception, context: dict) -> Response | None:
    """DRF's exception handler; None leaves it to the 500 page."""
    request = context["request"]._request
    if refusal := _refusal(exc):
        return _answer(request, *refusal)
    exc = _as_drf(exc)
    response = exception_handler(exc, context)
    if response is not None and isinstance(exc, exceptions.APIException):
        message, fields = _message(exc)
        code = str(exc.default_code if isinstance(exc.detail, dict | list) else exc.get_codes())
        response.data = error_body(request, code=code, message=message, fields=fields)
    return response


def _refusal(exc: Exception) -> tuple[int, str, str] | None:
    """Status, code and sentence of the errors that are neither Django's nor DRF's own."""
    match exc:
        case AudioError():
            return getattr(exc, "status", 422), exc.code, str(exc)
        case Unreachable():
            logger.error("storage: %s", exc)
            return 503, "storage_unreachable", NO_STORAGE
        case TooLarge():
            return 413, "too_large", str(exc)
        case RequestDataTooBig():
            return 413, "too_large", TOO_MUCH
        case RecursionError():
            return 400, "parse_error", "This JSON is nested too deeply."
    return (507, "no_space", FULL) if is_no_room(exc) else None


def _answer(request: HttpRequest, status_code: int, code: str, message: str) -> Response:
    set_rollback()
    return Response(error_body(request, code=code, message=message), status=status_code)


def _as_drf(exc: Exception) -> Exception:
    """Django's errors as the DRF ones that mean the same."""
    if isinstance(exc, Http404):
        return exceptions.NotFound("There is no such thing here.")
    if isinstance(exc, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(exc, DjangoValidationError):
        fields = exc.message_dict if hasattr(exc, "error_dict") else exc.messages
        return exceptions.ValidationError(fields)
    return exc


def _message(exc: exceptions.APIException) -> tuple[str, dict]:
    """One sentence, and the complaints by field where there are any."""
    detail = exc.detail
    if isinstance(detail, dict):
        first = next(iter(detail.values()))
        sentence = first[0] if isinstance(first, list) and first else first
        return str(sentence), detail
    if isinstance(detail, list):
        return " ".join(str(part) for part in detail), {}
    return str(detail), {}


def _page_or_json(request: HttpRequest, code: int, name: str, message: str) -> HttpResponse:
    if f"{request.path}/".startswith("/api/"):
        return JsonResponse(error_body(request, code=name, message=message), status=code)
    return render(request, f"{code}.html", status=code)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page_or_json(request, 400, "bad_request", "This request cannot be understood.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page_or_json(request, 403, "forbidden", "This is not yours to do.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page_or_json(request, 404, "not_found", "There is no such thing here.")


def ours(request: HttpRequest) -> HttpResponse:
    return _page_or_json(request, 500, "ours", SORRY)
