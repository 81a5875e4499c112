"""What the API's document says of errors, since every operation can end in some."""

from typing import Any

Operation = dict[str, Any]
Document = dict[str, Any]

ERROR = {
    "type": "object",
    "description": "What went wrong, in the one shape that every error has.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "fields", "request_id"],
            "properties": {
                "code": {"type": "string", "description": "For programs; it stays the same."},
                "message": {"type": "string", "description": "For people."},
                "fields": {
                    "type": "object",
                    "additionalProperties": True,
                    "description": "Complaints by field, where there are any.",
                },
                "request_id": {"type": "string", "description": "As in X-Request-Id."},
            },
        }
    },
}
MEANING = {
    "400": "The request cannot be understood.",
    "401": "Nobody is signed in, or the token is not valid.",
    "403": "This is not yours to do, or the CSRF token is missing.",
    "404": "There is no such thing, or it is another person's.",
    "406": "None of the content types you accept can be given.",
    "409": "It does not fit what is there: over quota, not configured, not in this state.",
    "413": "It is larger or longer than this server takes.",
    "415": "This content type is not understood here.",
    "416": "The range lies outside of the file; this answer has no body.",
    "422": "The recording is at fault: it cannot be read, or not be used for this.",
    "507": "There is no room left on the server's disk.",
}
UNSAFE = {"post", "put", "patch", "delete"}
VERBS = {"get", "head", "options"} | UNSAFE


def document_errors(result: Document, **kwargs: Any) -> Document:
    """Add to every operation the errors it can end in (a drf-spectacular postprocessing hook)."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Error"] = ERROR
    components["responses"] = {status: _error(status) for status in MEANING}
    for methods in result["paths"].values():
        for method, operation in methods.items():
            if method in VERBS:
                _add_answers(method, operation)
    return result


def _add_answers(method: str, operation: Operation) -> None:
    responses = operation.setdefault("responses", {})
    errors = _errors(method, operation)
    if method == "get" and _gives_bytes(responses):
        whole = next(iter(responses.values()))
        responses.setdefault("206", {**whole, "description": "The part that was asked for."})
        responses.setdefault("302", {"description": "It is in another place (`?download=1`)."})
        responses.setdefault("304", {"description": "You have it already."})
        errors |= {"416"}
    for status in errors:
        responses.setdefault(status, {"$ref": f"#/components/responses/{status}"})
    operation["responses"] = dict(sorted(responses.items()))


def _errors(method: str, operation: Operation) -> set[str]:
    places = {parameter["in"] for parameter in operation.get("parameters", [])}
    names = {parameter["name"] for parameter in operation.get("parameters", [])}
    errors = {"406", "403"} if method in UNSAFE else {"406"}
    if operation.get("security"):
        errors |= {"401"}
    if "path" in places or "cursor" in names or not operation.get("security"):
        errors |= {"404"}
    if "query" in places:
        errors |= {"400"}
    if "requestBody" in operation:
        errors |= {"400", "413", "415"}
    if method == "post":
        errors |= {"409", "422", "507"}
    return errors


def _gives_bytes(responses: dict[str, Any]) -> bool:
    """Is it a file, so that a part of it can be asked for?"""
    schemas = [kind["schema"] for kind in responses.get("200", {}).get("content", {}).values()]
    return any(schema.get("format") == "binary" for schema in schemas)


def _error(status: str) -> dict[str, Any]:
    if status == "416":
        return {"description": MEANING[status]}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {"description": MEANING[status], "content": content}
