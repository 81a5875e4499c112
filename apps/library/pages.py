"""Pages of files over the API, by keyset."""

from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from apps.library.keyset import DEFAULT, ORDERS, BadCursor, Keyset

USUAL, MOST = 50, 200


class TrackPages(BasePagination):
    """`?order=title&cursor=…&limit=…`; `next` and `previous` are complete addresses."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.url = request.build_absolute_uri()
        query = request.query_params
        keyset = Keyset.named(query.get("order", DEFAULT))
        try:
            self.page = keyset.page(queryset, query.get("cursor", ""), _size(query.get("limit")))
        except BadCursor as error:
            raise NotFound(str(error)) from error
        return list(self.page.rows)

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {
                "next": self._link(self.page.older),
                "previous": self._link(self.page.newer),
                "results": data,
            }
        )

    def _link(self, cursor: str) -> str | None:
        return replace_query_param(self.url, "cursor", cursor) if cursor else None

    def get_paginated_response_schema(self, schema: dict) -> dict:
        link = {"type": "string", "nullable": True, "format": "uri"}
        return {
            "type": "object",
            "required": ["results"],
            "properties": {
                "next": link,
                "previous": link,
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict]:
        names = [f"{sign}{name}" for name in ORDERS for sign in ("", "-")]
        return [
            _parameter("order", {"type": "string", "enum": names, "default": DEFAULT}),
            _parameter("cursor", {"type": "string"}),
            _parameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST}),
        ]


def _parameter(name: str, schema: dict) -> dict:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _size(limit: str | None) -> int:
    return min(max(int(limit), 1), MOST) if limit and limit.isdecimal() else USUAL
