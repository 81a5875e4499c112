"""What came out of the separator, as one more stream that is watched for drift.

It is here because separating and predicting know nothing of each other, and this knows both;
`settings.DRIFT_STREAMS` names it.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db.models import Count, Max

from apps.predictions.drift_streams import CHUNK, FIELDS, UNITS, Arrivals, Figures
from apps.separation.models import Stem, StemSet
from audio.drift.rows import Numbers
from audio.stems import ENGINES


class Stems:
    """How the sound of songs is shared out among their stems, as they are separated.

    The shares say what arrives: an engine of one version does with the same song the same. What
    is left over when the stems are summed says how the engine does. Engines cannot be compared,
    so only the work of the one counts that has done most.
    """

    title = "Stems"
    inputs = {"shares": "how their sound is shared out"}

    def mark(self) -> str:
        if self._engine is None:
            return ""
        found = self._made().aggregate(sets=Count("pk"), newest=Max("completed_at"))
        return f"{' '.join(self._engine)} {found['sets']} {found['newest']} {settings.DRIFT_UNIT}"

    def waits_for(self) -> str:
        return ""

    def arrivals(self) -> Arrivals:
        song = "separations__track"
        names = ("pk", "completed_at", f"{song}__pk", *(f"{song}__{name}" for name in FIELDS))
        rows = self._made().filter(**{f"{song}__deleted_at": None})
        found: dict[int, tuple[UUID, datetime, str]] = {}
        for pk, when, track, *facts in rows.order_by("completed_at", "pk").values_list(*names):
            if track is not None:
                found.setdefault(pk, (track, when, UNITS[settings.DRIFT_UNIT](when, *facts)))
        return Arrivals(
            [track for track, _, _ in found.values()],
            [str(pk) for pk in found],
            np.array([when.timestamp() for _, when, _ in found.values()]),
            [unit or f"alone {key}" for key, (_, _, unit) in found.items()],
        )

    def figures(self, keys: Sequence[str]) -> Figures:
        if self._engine is None:
            return Figures()
        columns = ENGINES[self._engine[0]].sources
        places = {int(key): place for place, key in enumerate(keys)}
        shares = np.full((len(keys), 2, len(columns)), np.nan)
        residual = np.full((len(keys), 1), np.nan)
        for start in range(0, len(keys), CHUNK):
            some = list(places)[start : start + CHUNK]
            rows = Stem.objects.filter(stem_set__in=some, name__in=columns)
            for pk, name, *both in rows.values_list("stem_set", "name", "share", "silence"):
                shares[places[pk], :, columns.index(name)] = both
            for pk, left in self._made().filter(pk__in=some).values_list("pk", "residual_db"):
                residual[places[pk]] = left
        names = [f"{what} of {name}" for what in ("share", "silence") for name in columns]
        return Figures(
            {
                "shares": Numbers(shares.reshape(len(keys), -1), tuple(names)),
                "residual": Numbers(residual, ("residual, dB",)),
            }
        )

    def _made(self):
        engine, version = self._engine or ("", "")
        return _watched().filter(engine=engine, engine_version=version)

    @cached_property
    def _engine(self) -> tuple[str, str] | None:
        """The engine of today that has done most, and its version."""
        rows = _watched().values("engine", "engine_version").annotate(sets=Count("pk"))
        for row in rows.order_by("-sets", "engine"):
            facts = ENGINES.get(row["engine"])
            if facts and facts.version == row["engine_version"]:
                return facts.name, facts.version
        return None


def _watched():
    """Whole sets; those of a few stems, and from before it was kept, say too little."""
    whole = StemSet.objects.filter(completed_at__isnull=False, residual_db__isnull=False)
    return whole.exclude(parameters__has_key="stems")
