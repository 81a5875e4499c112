"""Whether there is room for a separation, asked before any work is done."""

import shutil
from pathlib import Path

from django.conf import settings

from apps.jobs.interruptions import Refused
from apps.jobs.room import free_memory
from apps.separation.models import StemSet
from audio import effort

GIGA = 1e9


def require_room(stem_set: StemSet, *, seconds: float, channels: int, kept: Path) -> None:
    """Raise `Refused` when memory or disk will not do; what is kept of earlier work counts."""
    facts = stem_set.facts
    if facts is None:  # which the engine's loading will say
        return
    needed, free = effort.memory(facts, stem_set.asked), free_memory()
    if needed > free:
        raise Refused(
            "no_memory",
            f"Unmixing by {facts.title} needs about {needed / GIGA:.1f} GB of memory, and the "
            f"server has {free / GIGA:.1f} GB free. Try again when it does less, or choose a "
            "faster engine.",
        )
    needed = effort.disk(facts, stem_set.asked, seconds, channels) - _size(kept)
    free = shutil.disk_usage(settings.SCRATCH).free
    if needed > free:
        raise Refused(
            "no_space",
            f"Unmixing this song needs about {needed / GIGA:.1f} GB of disk, most of it for a "
            f"while only, and the server has {free / GIGA:.1f} GB free. Free some space there, "
            "then try again.",
        )


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.npy"))
