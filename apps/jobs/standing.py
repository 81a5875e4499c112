"""Who is next, and when their turn comes: arithmetic about a queue, without rows."""

import heapq
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

ALIKE = 120.0  # seconds: up to here all goes in the order it came, as was foretold to people
MOST_HANDICAP = 4 * 3600  # seconds: nobody waits for ever


def due_at(asked_at: datetime, seconds: float | None) -> datetime:
    """The moment by which waiting work is put in order, earliest first.

    It is as if long work had been asked for later by as long as it will take (less two minutes):
    short work passes long work that was there before, but only if it comes within that time. So a
    song waits for no two-hour mix, and the mix waits for no more songs than come while it could
    have been done.
    """
    return asked_at + timedelta(seconds=min(max(0.0, (seconds or 0.0) - ALIKE), MOST_HANDICAP))


@dataclass(frozen=True)
class Standing:
    """A place in the queue, 1 is next, and the seconds until the turn comes, where known."""

    place: int | None
    wait: float | None


TAKEN = Standing(None, 0.0)
"""Of what waits no longer: a worker has taken it since the row was read."""


def standings(
    waiting: Iterable[tuple[Hashable, float | None]], running: Sequence[float | None]
) -> dict[Hashable, Standing]:
    """Where each stands: of those that wait, in order, their seconds; of what runs, those left.

    Each that runs has a worker, who takes the next one when it is done; when nothing runs there
    is one, who is free. After work of unknown length nothing is known.

    >>> standings([("a", 10.0), ("b", 5.0)], [30.0, 2.0])["b"]
    Standing(place=2, wait=12.0)
    """
    unknown = float("inf")
    free = [unknown if left is None else left for left in running] or [0.0]
    heapq.heapify(free)
    found = {}
    for number, (key, seconds) in enumerate(waiting, 1):
        begins = heapq.heappop(free)
        heapq.heappush(free, unknown if seconds is None else begins + seconds)
        found[key] = Standing(number, None if begins == unknown else begins)
    return found
