"""What of a library is on a page: narrowed down, in an order, and where the next page begins."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import Count
from django.http import QueryDict

from apps.files.models import Tag, Track, TrackQuerySet
from apps.jobs.templatetags.durations import clock
from apps.library import listing
from apps.library.filters import TrackFilter
from apps.library.keyset import DEFAULT, Keyset, Page
from apps.predictions.models import CurrentReference

PAGE_SIZE = 50
OFFERED_GENRES = 16
OFFERED_TAGS = 100
DEAR = 0.1  # seconds of looking for what to offer
KEPT = 60  # seconds
LENGTHS = [60, 120, 180, 240, 300, 600, 1200, 3600]  # seconds to choose from
SAID = {  # how a filter that is on is said
    "q": "“{}”",
    "genre": "{}",
    "tag": "tagged {}",
    "key": "in {}",
    "state": "{}",
    "tempo_min": "from {} BPM",
    "tempo_max": "up to {} BPM",
    "length_min": "{} or longer",
    "length_max": "{} or shorter",
}
ORDERS = [
    ("-added", "Newest first"),
    ("added", "Oldest first"),
    ("title", "Title, A to Z"),
    ("-title", "Title, Z to A"),
    ("artist", "Artist, A to Z"),
    ("-artist", "Artist, Z to A"),
    ("length", "Shortest first"),
    ("-length", "Longest first"),
    ("tempo", "Slowest first"),
    ("-tempo", "Fastest first"),
]


@dataclass(frozen=True)
class Chip:
    """A filter that is on, and the query without it."""

    text: str
    without: str


@dataclass(frozen=True)
class Shelf:
    """One page of what somebody looks for in their library."""

    query: QueryDict  # only what says something
    order: str
    filter: TrackFilter
    page: Page
    total: int

    @property
    def songs(self) -> list[listing.Song]:
        return listing.songs(self.page.rows)

    @property
    def total_text(self) -> str:
        return f"{self.total:,}"

    @property
    def words(self) -> str:
        return self.query.get("q", "")

    @property
    def is_narrowed(self) -> bool:
        return any(name in self.query for name in SAID)

    @property
    def has_more(self) -> bool:
        return bool(self.page.older)

    @property
    def takes_new(self) -> bool:
        """Does a song that is added now belong at the top of this page?"""
        return not self.query and not self.page.newer

    @property
    def chips(self) -> list[Chip]:
        names = [name for name in SAID if name in self.query]
        return [Chip(_said(name, str(self.query[name])), self._with(name, "")) for name in names]

    @property
    def headers(self) -> dict[str, dict[str, str]]:
        """For each column one can sort by: the query that does, and how it is sorted now."""
        return {
            name: self._header(name) for name in ("title", "artist", "length", "tempo", "added")
        }

    @property
    def older(self) -> str:
        return self._page(self.page.older)

    @property
    def newer(self) -> str:
        return self._page(self.page.newer)

    @property
    def problems(self) -> list[str]:
        errors = self.filter.form.errors.items()
        return [
            f"{self.filter.form.fields[name].label}: {' '.join(said)}" for name, said in errors
        ]

    def _header(self, name: str) -> dict[str, str]:
        falling = f"-{name}"
        first, second = (falling, name) if name == "added" else (name, falling)
        sort = {name: "ascending", falling: "descending"}.get(self.order, "")
        return {
            "query": self._with("order", second if self.order == first else first),
            "sort": sort,
        }

    def _with(self, name: str, value: str) -> str:
        changed = self.query.copy()
        changed.pop(name, None)
        if value:
            changed[name] = value
        return tidy(changed).urlencode()

    def _page(self, cursor: str) -> str:
        if not cursor:
            return ""
        changed = self.query.copy()
        changed["after"] = cursor
        return changed.urlencode()


def tidy(data: QueryDict) -> QueryDict:
    """What was asked, without what is empty, unknown or usual."""
    kept = QueryDict(mutable=True)
    for name in [*SAID, "order"]:
        value = data.get(name, "").strip()
        if value and (name, value) != ("order", DEFAULT):
            kept[name] = value
    return kept


def tidy_text(query: str) -> str:
    return tidy(QueryDict(query)).urlencode()


def matching(owner, data: QueryDict) -> TrackFilter:
    """The songs that fit what was asked, in no order yet."""
    return TrackFilter(data, Track.objects.owned_by(owner))


def shelf(owner, data: QueryDict) -> Shelf:
    """The page asked for. Raises `BadCursor` where there is none."""
    query = tidy(data)
    found = matching(owner, query)
    order = query.get("order", DEFAULT)
    rows = found.qs.select_related("job", "blob")
    page = Keyset.named(order).page(rows, data.get("after", ""), PAGE_SIZE)
    return Shelf(query, order, found, page, found.qs.count())


def choices(owner, query: QueryDict) -> dict[str, Any]:
    """What there is to choose from: only what the library has."""
    return {
        **_offered(owner),
        "states": Track.State.choices,
        "lengths": list(_lengths(query)),
        "orders": ORDERS,
    }


def _offered(owner) -> dict[str, Any]:
    """Genres, keys and tags; in a large library, where finding them is dear, of a minute ago."""
    name = f"offered-{owner.pk}"
    if (kept := cache.get(name)) is not None:
        return kept
    began = time.perf_counter()
    genres, keys = _known_of(owner)
    tags = Tag.objects.filter(track__owner=owner, track__deleted_at=None).values("name")
    most = tags.annotate(n=Count("pk")).order_by("-n").values_list("name", "n")[:OFFERED_TAGS]
    offered = {"genres": genres, "keys": keys, "tags": list(most)}
    if time.perf_counter() - began > DEAR:
        cache.set(name, offered, KEPT)
    return offered


def _known_of(owner) -> tuple[list[str], list[str]]:
    """The genres of a library, the most frequent first, and its keys: in one query."""
    known = CurrentReference.objects.filter(track__owner=owner, track__deleted_at=None)
    genres: Counter[str] = Counter()
    keys = set()
    for genre, key, songs in known.values_list("genre", "key").annotate(n=Count("pk")):
        genres[genre] += songs
        keys.add(key)
    del genres[""]
    return [genre for genre, _ in genres.most_common(OFFERED_GENRES)], sorted(keys - {""})


def _lengths(query: QueryDict) -> Iterator[tuple[str, str]]:
    """The usual ones, and those in the address."""
    given = {query.get(name, "") for name in ("length_min", "length_max")} - {""}
    seconds = {str(length) for length in LENGTHS} | {text for text in given if text.isdigit()}
    for text in sorted(seconds, key=int):
        yield text, clock(int(text))


def _said(name: str, value: str) -> str:
    if name.startswith("length") and value.isdigit():
        value = clock(int(value))
    return SAID[name].format(value)


def all_of(owner, query: str) -> TrackQuerySet:
    """Every song that a query of the library page finds."""
    found = matching(owner, tidy(QueryDict(query))).qs
    return Track.objects.owned_by(owner).filter(pk__in=found.values("pk"))
