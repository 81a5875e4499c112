"""Pages that begin where the last one ended: as fast at the end of a long list as at its start."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, FloatField, Q, QuerySet, TextField
from django.db.models.functions import Coalesce, Lower

from apps.files.models import Track

ORDERS = {  # what one can sort by; no key is ever null
    "added": F("created_at"),
    "title": Lower("title", output_field=TextField()),
    "artist": Lower("artist", output_field=TextField()),
    "length": F("seconds"),
    "tempo": Coalesce("current__tempo", 0.0, output_field=FloatField()),
}
DEFAULT = "-added"


class BadCursor(ValueError):
    """A page that does not exist: a cursor somebody has changed, or of another order."""


@dataclass(frozen=True)
class Page:
    """Some rows of a list, and the cursors of its neighbours ("" where there is none)."""

    rows: Sequence[Track]
    older: str
    newer: str


@dataclass(frozen=True)
class Keyset:
    """An order of tracks, by a key and then by id, so that every row has its place."""

    name: str = "added"
    descending: bool = True

    @classmethod
    def named(cls, order: str) -> "Keyset":
        """`title`, `-added`, …; an unknown one is the usual one."""
        name = order.removeprefix("-")
        return cls(name, order.startswith("-")) if name in ORDERS else cls.named(DEFAULT)

    def page(self, rows: QuerySet[Track], cursor: str = "", size: int = 50) -> Page:
        """The rows behind a cursor (before it, for one that leads back), in this order."""
        back, place = self._read(cursor)
        descending = self.descending != back
        found = rows.annotate(sort_key=ORDERS[self.name])
        if place is not None:
            found = found.filter(_beyond(*place, descending=descending))
        sign = "-" if descending else ""
        taken = list(found.order_by(f"{sign}sort_key", f"{sign}id")[: size + 1])
        more, taken = len(taken) > size, taken[:size]
        if back:
            taken.reverse()
        behind, before = (True, more) if back else (more, bool(cursor))
        return Page(
            taken,
            older=self._cursor(taken[-1], back=False) if taken and behind else "",
            newer=self._cursor(taken[0], back=True) if taken and before else "",
        )

    def _cursor(self, row: Track, *, back: bool) -> str:
        key = row.sort_key  # type: ignore[attr-defined]
        value = key.isoformat() if isinstance(key, datetime) else key
        text = json.dumps([self.name, back, value, str(row.pk)], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def _read(self, cursor: str) -> tuple[bool, tuple[Any, UUID] | None]:
        """Which way, and from which place; none for the first page."""
        if not cursor:
            return False, None
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            name, back, value, pk = json.loads(base64.urlsafe_b64decode(padded))
            key = datetime.fromisoformat(value) if self.name == "added" else value
            place = (key, UUID(pk))
        except (ValueError, TypeError, AttributeError, binascii.Error) as error:
            raise BadCursor("This page does not exist; go back to the first one.") from error
        kind = {"added": datetime, "title": str, "artist": str}.get(self.name, int | float)
        if name != self.name or not isinstance(back, bool) or not isinstance(key, kind):
            raise BadCursor("This page does not exist; go back to the first one.")
        return back, place


def _beyond(key: Any, pk: UUID, *, descending: bool) -> Q:
    """Rows behind a place. The first condition alone is what an index can follow."""
    if descending:
        return Q(sort_key__lte=key) & (Q(sort_key__lt=key) | Q(id__lt=pk))
    return Q(sort_key__gte=key) & (Q(sort_key__gt=key) | Q(id__gt=pk))
