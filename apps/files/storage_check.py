"""What is wrong with a storage: bytes that no row knows, and rows whose bytes are not there."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

from django.utils.timezone import now

from apps.files import blobs
from apps.files.models import Blob
from apps.files.stored import OURS, Stored, place

KEPT = timedelta(hours=1)
BATCH = 500
TOO_MANY = 10  # rows; if most of so many are gone, it is the storage that is missing


@dataclass
class Findings:
    """What one storage has too much and too little of."""

    alias: str
    rows: int = 0
    strays: list[Stored] = field(default_factory=list)
    lost: list[Blob] = field(default_factory=list)
    damaged: list[Blob] = field(default_factory=list)
    unfinished: list = field(default_factory=list)

    @property
    def looks_absent(self) -> bool:
        """Is most of it gone, as if a disk were not mounted or the bucket another one?"""
        return self.rows >= TOO_MANY and len(self.lost) * 2 > self.rows


def check(alias: str, *, deep: bool = False, seen: Callable[[], object] = bool) -> Findings:
    """Compare a storage with its rows; `deep` reads every byte. `seen` hears of each row."""
    found = Findings(alias)
    sizes: dict[str, int] = {}
    for batch in _batches(place(alias).everything()):
        sizes |= {stored.key: stored.size for stored in batch}
        found.strays += _strays(alias, batch)
    for blob in Blob.objects.filter(storage=alias).exclude(sha256=blobs.IN_TRANSIT).iterator():
        found.rows += 1
        if sizes.get(blob.key) != blob.size:
            found.lost += _still_lost(blob)
        elif deep:
            found.damaged += _damaged(blob)
        seen()
    found.unfinished = place(alias).unfinished()
    return found


def _batches(everything: Iterator[Stored]) -> Iterator[list[Stored]]:
    while batch := list(islice(everything, BATCH)):
        yield batch


def _strays(alias: str, batch: Iterable[Stored]) -> Iterator[Stored]:
    """Ours by name, not from just now, and of no row."""
    old = [one for one in batch if OURS.fullmatch(one.key) and now() - one.changed_at > KEPT]
    rows = Blob.objects.filter(storage=alias, key__in=[one.key for one in old])
    known = set(rows.values_list("key", flat=True))
    return (one for one in old if one.key not in known)


def _still_lost(blob: Blob) -> Iterator[Blob]:
    """Not if it came, went or was moved while we were looking."""
    same_place = Blob.objects.filter(pk=blob.pk, storage=blob.storage, key=blob.key)
    if same_place.exclude(sha256=blobs.IN_TRANSIT).exists():
        storage = place(blob.storage)
        if not storage.exists(blob.key) or storage.size(blob.key) != blob.size:
            yield blob


def _damaged(blob: Blob) -> Iterator[Blob]:
    try:
        if blobs.stored_sha256(blob) != blob.sha256:
            yield blob
    except FileNotFoundError:
        yield from _still_lost(blob)
