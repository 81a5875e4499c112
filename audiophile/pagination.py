"""How the API divides long lists."""

from rest_framework.pagination import CursorPagination


class NewestFirst(CursorPagination):
    """Pages that lose no row while others are added; the sort keys are never null."""

    ordering = ("-created_at", "-id")
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
