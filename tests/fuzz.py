"""Asks every operation of the API's document with made-up requests, good and bad."""

import random
from collections.abc import Iterator
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode, serializer
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.openapi import from_path
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.transport.serialization import serialize_binary

from tests.server import ROOT

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
]  # fmt: skip
KEEP = ("files", "uploads", "storage", "jobs", "separations", "remixes")


@serializer("application/offset+octet-stream")
def _piece(context: Any, value: Any) -> bytes:
    """A piece of a resumable upload is sent as it is."""
    return serialize_binary(value)


class Asker:
    """Sends requests to the WSGI application itself, and undoes what they did.

    `things` are ids (or bytes) of what exists, by a route's first word: half of the requests
    name them, since those that name nothing real are all answered alike.
    """

    def __init__(self, token: str, things: dict[str, Any]) -> None:
        self.headers = {"Authorization": f"Token {token}"}
        self.things = things
        self.sent = 0
        self._dice = random.Random(1)

    def findings(self, examples: int) -> list[str]:
        """Ask everything so many times; what should not have been answered, in words."""
        found: list[str] = []
        for operation in _operations():
            for mode in GenerationMode:
                try:
                    self._ask(operation, mode, examples)
                except Unsatisfiable:  # nothing that it takes can be wrong
                    continue
                except FailureGroup as failures:
                    found += [f"{operation.label}: {each}" for each in failures.exceptions]
        return found

    def _ask(self, operation: APIOperation, mode: GenerationMode, examples: int) -> None:
        @seed(1)
        @settings(
            max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def send(case: Case) -> None:
            self._name_real_things(case)
            with transaction.atomic():
                case.call_and_validate(headers=self.headers, checks=CHECKS)
                transaction.set_rollback(True)
            self.sent += 1

        send()

    def _name_real_things(self, case: Case) -> None:
        if self._dice.random() < 0.5:
            return
        if isinstance(case.path_parameters, dict) and "id" in case.path_parameters:
            case.path_parameters["id"] = self.things[case.path.split("/")[2]]
        if isinstance(case.body, dict) and "file" in case.body:
            upload = "upload" in case.path
            case.body["file"] = self.things["bytes" if upload else "files"]
        if isinstance(case.body, dict) and "files" in case.body:
            case.body["files"] = [self.things["files"]]


def _operations() -> Iterator[APIOperation]:
    """Those that the document has under the routes that are asked here."""
    schema = from_path(ROOT / "docs" / "openapi.yaml")
    schema.app = get_wsgi_application()
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path.split("/")[2] in KEEP:
            yield operation
