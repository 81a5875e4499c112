"""Who and what takes the space."""

import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Model, Q, Sum

from apps.files import quota
from apps.files.models import Blob, Track
from apps.files.quota import Quota
from apps.remixes.models import Remix
from apps.separation.models import Mix, Separation

STEMS = "stem_set__stems__blob"
KINDS: dict[str, Sequence[tuple[type[Model], str]]] = {  # what it is: rows, and their blobs
    "originals": [(Track, "blob")],
    "copies": [
        (Track, "playable"),
        (Track, "blob__renditions__blob"),
        (Separation, f"{STEMS}__renditions__blob"),
        (Remix, "blob__renditions__blob"),
    ],
    "stems": [(Separation, STEMS)],
    "mixes": [(Mix, "blob")],
    "remixes": [(Remix, "blob")],
    "waveforms": [
        (Track, "waveform"),
        (Remix, "waveform"),
        (Separation, "stem_set__stems__wave__blob"),
    ],
    "covers": [(Track, "cover")],
}
TITLES = {
    "originals": "Songs",
    "copies": "Copies for playing",
    "stems": "Stems",
    "mixes": "Mixes of stems",
    "remixes": "Remixes",
    "waveforms": "Waveforms",
    "covers": "Covers",
    "other": "Other",
}


@dataclass(frozen=True)
class Use:
    """The bytes of one person, by kind. What several people share counts for each of them."""

    username: str
    kinds: dict[str, int] = field(default_factory=dict)
    quota: Quota | None = None

    @property
    def total(self) -> int:
        return sum(self.kinds.values())


def of_people(people) -> list[Use]:
    """The greatest first; the same number of queries for one and for a thousand."""
    kinds: dict[int, dict[str, int]] = defaultdict(dict)
    for kind, places in KINDS.items():
        for model, path in places:
            for owner, size in _sums(model, path, people):
                kinds[owner][kind] = kinds[owner].get(kind, 0) + size
    uses = [Use(person.get_username(), kinds[person.pk]) for person in people]
    return sorted(uses, key=attrgetter("total"), reverse=True)


def of_person(person) -> Use:
    (use,) = of_people([person])
    return Use(use.username, use.kinds, quota.of(person))


def of_all() -> dict[str, int]:
    """Every stored byte once, by kind."""
    left, kinds = Blob.objects.all(), {}
    for kind, places in KINDS.items():
        wanted = Q()
        for model, path in places:
            rows = model._default_manager.exclude(**{path: None}).order_by()
            wanted |= Q(pk__in=rows.values(path))
        kinds[kind] = _size(left.filter(wanted))
        left = left.exclude(wanted)
    return kinds | {"other": _size(left)}


def of_storages() -> dict[str, int]:
    rows = Blob.objects.values("storage").annotate(size=Sum("size")).order_by("storage")
    return {row["storage"]: row["size"] for row in rows}


def of_disk() -> dict[str, int]:
    disk = shutil.disk_usage(settings.MEDIA_ROOT)
    return {"total": disk.total, "free": disk.free}


def visible_to(user) -> dict:
    """What a person may know: an admin of all, others of themselves."""
    known: dict = {"you": of_person(user), "disk": of_disk()}
    known |= {"people": [], "kinds": {}, "storages": {}}
    if user.is_admin:
        everybody = list(get_user_model().objects.all())
        known |= {"people": of_people(everybody), "kinds": of_all(), "storages": of_storages()}
    return known


def _sums(model: type[Model], path: str, people) -> list[tuple[int, int]]:
    rows = model._default_manager.filter(owner__in=people).exclude(**{path: None}).order_by()
    summed = rows.values("owner").annotate(size=Sum(f"{path}__size"))
    return list(summed.values_list("owner", "size"))


def _size(rows) -> int:
    return rows.aggregate(size=Sum("size"))["size"] or 0
