"""What a person can choose among to unmix a song: what each costs here, and what it is worth."""

from dataclasses import dataclass, replace
from typing import get_args

from apps.files.models import Track
from apps.jobs.models import Job
from apps.separation.models import StemSet
from apps.separation.paces import Forecast, Pace
from apps.separation.services import default_engine, engine_named, wish_for
from audio.availability import missing
from audio.stems import ENGINES, EngineFacts, Tier


@dataclass(frozen=True)
class Offer:
    """An engine, and what is to be expected of it for one song."""

    facts: EngineFacts
    forecast: Forecast
    wait: float | None  # seconds until it begins, if it were asked for now; None: not known
    made: bool  # somebody has asked for it before, so there is nothing to wait for
    missing: str  # why it cannot be had here
    chosen: bool = False

    @property
    def tier(self) -> str:
        return self.facts.tier.capitalize()


def offers(track: Track) -> list[Offer]:
    """All engines, the fastest first; chosen is the deployment's, or the first that can be had."""
    seconds, engines = track.seconds or 0.0, sorted(ENGINES.values(), key=_tier)
    forecasts = [Pace.forecast(engine=facts.name, seconds=seconds) for facts in engines]
    waits = Job.objects.waits("heavy", [forecast.seconds for forecast in forecasts])
    made = _made(track)
    found = [
        Offer(facts, forecast, wait, facts.name in made, missing(facts))
        for facts, forecast, wait in zip(engines, forecasts, waits, strict=True)
    ]
    return _with_choice(found)


def _tier(facts: EngineFacts) -> int:
    return get_args(Tier).index(facts.tier)


def _made(track: Track) -> set[str]:
    """The engines whose stems of this recording are there."""
    keys = {wish_for(facts, (), "auto").key(track.sha256): name for name, facts in ENGINES.items()}
    done = StemSet.objects.filter(key__in=keys, completed_at__isnull=False)
    return {keys[key] for key in done.values_list("key", flat=True)}


def _with_choice(found: list[Offer]) -> list[Offer]:
    usual = engine_named(default_engine()).name
    able = [offer.facts.name for offer in found if not offer.missing]
    chosen = usual if usual in able else next(iter(able), "")
    return [replace(offer, chosen=offer.facts.name == chosen) for offer in found]


def stem_names() -> list[str]:
    """The stems that one engine or another makes."""
    return list(dict.fromkeys(name for facts in ENGINES.values() for name in facts.sources))
