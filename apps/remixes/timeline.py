"""A remix's recipe as something to look at: segments coloured by song."""

from dataclasses import dataclass
from typing import Any

from apps.remixes.models import Remix

HUES = 12


@dataclass(frozen=True)
class Source:
    """A song in a remix, and the hue it has everywhere on the page."""

    key: str
    title: str
    artist: str
    hue: int
    is_here: bool  # its page, unless it was deleted since


@dataclass(frozen=True)
class Segment:
    """A run of beats of one song; seconds of the remix and of the song."""

    source: Source
    start: float
    stop: float
    source_start: float
    first_beat: int
    last_beat: int
    reason: str

    @property
    def seconds(self) -> float:
        return self.stop - self.start


def sources(remix: Remix) -> dict[str, Source]:
    """By key, in the order in which the recipe names them."""
    songs = (remix.recipe or {}).get("songs", {})
    here = {str(pk) for pk in remix.tracks.values_list("pk", flat=True)}
    return {
        key: Source(key, song["title"], song["artist"], place % HUES, key in here)
        for place, (key, song) in enumerate(songs.items())
    }


def segments(remix: Remix) -> list[Segment]:
    """In the order in which they sound."""
    by_key = sources(remix)
    return [_segment(by_key[part["song"]], part) for part in (remix.recipe or {})["segments"]]


def _segment(source: Source, part: dict[str, Any]) -> Segment:
    return Segment(
        source=source,
        start=part["at"],
        stop=part["at"] + part["stop"] - part["start"],
        source_start=part["start"],
        first_beat=part["first_beat"] + 1,  # people count from one
        last_beat=part["last_beat"] + 1,
        reason=part["reason"],
    )
