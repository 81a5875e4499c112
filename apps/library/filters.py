"""What a library can be narrowed down by, for the page and the API alike."""

import django_filters
from django.db.models import Q

from apps.files.models import Tag, Track, TrackQuerySet
from apps.library.keyset import ORDERS

SEARCH_WORDS = 8


class TrackFilter(django_filters.FilterSet):
    """Words, and what is known of the songs."""

    q = django_filters.CharFilter(method="search", label="Words in title, artist, album or tags")
    genre = django_filters.CharFilter("current__genre", label="Genre")
    key = django_filters.CharFilter("current__key", label="Key")
    tag = django_filters.CharFilter("tags__name", lookup_expr="iexact", distinct=True, label="Tag")
    state = django_filters.ChoiceFilter(choices=Track.State.choices, label="State")
    tempo_min = django_filters.NumberFilter("current__tempo", "gte", label="Slowest, in BPM")
    tempo_max = django_filters.NumberFilter("current__tempo", "lte", label="Fastest, in BPM")
    length_min = django_filters.NumberFilter("seconds", "gte", label="Shortest, in seconds")
    length_max = django_filters.NumberFilter("seconds", "lte", label="Longest, in seconds")

    class Meta:
        model = Track
        fields: list[str] = []

    def search(self, rows: TrackQuerySet, name: str, words: str) -> TrackQuerySet:
        """Every word (of the first few) in what the song is called, or in one of its tags."""
        for word in words.replace("\0", "").split()[:SEARCH_WORDS]:
            tagged = Tag.objects.filter(name__icontains=word).values("track")
            called = (
                Q(title__icontains=word) | Q(artist__icontains=word) | Q(album__icontains=word)
            )
            rows = rows.filter(called | Q(pk__in=tagged))
        return rows


ORDER_NAMES = [f"{sign}{name}" for name in ORDERS for sign in ("", "-")]
