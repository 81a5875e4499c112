"""What a person can ask about stems."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.timezone import now

from apps.files.models import Track
from apps.jobs import services as jobs
from apps.jobs.models import Job
from apps.separation import callbacks
from apps.separation.models import Separation, StemSet
from audio.catalogue import CATALOGUE
from audio.formats import FORMATS
from audio.stems import ENGINES, REST, DType, EngineFacts

DTYPES: tuple[DType, ...] = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class StemSettings:
    """All that decides what the stems of some bytes will be."""

    engine: str
    version: str
    parameters: dict = field(default_factory=dict)

    def key(self, sha256: str) -> str:
        """The name of the result: equal wishes about equal bytes share it."""
        wish = json.dumps({"sha256": sha256, **asdict(self)}, sort_keys=True)
        return hashlib.sha256(wish.encode()).hexdigest()


def default_engine() -> str:
    """What this deployment separates by when nobody says otherwise."""
    return settings.UNMIX_ENGINE


def request_separation(
    *,
    track: Track,
    owner,
    engine: str = "",
    only: tuple[str, ...] = (),
    dtype: DType = "auto",
    format: str = "",
    bitrate: int | None = None,
    callback: dict[str, Any] | None = None,
) -> Separation:
    """Ask for the stems of a track, or for some; the same wish twice is the same separation.

    The engine is one by name, or the first of a tier; "" is the deployment's. Stems are kept as
    FLAC; format and bitrate (kbit/s) are what they are handed out in, and as they were when not
    given. A callback is an address and data: {"url": …, "data": …}.
    """
    facts = checked(engine=engine, only=only, dtype=dtype, format=format)
    if track.state == Track.State.UNREADABLE:  # one that is being read may be queued already
        raise ValidationError(f"“{track.title}” cannot be read, so it cannot be unmixed.")
    delivery = {"format": format, "bitrate": bitrate} if format else {}
    return _separation(track, owner, wish_for(facts, only, dtype), delivery, callback)


def checked(
    *, engine: str = "", only: tuple[str, ...] = (), dtype: str = "auto", format: str = ""
) -> EngineFacts:
    """The engine of a wish that can be fulfilled, whatever the track. Else `ValidationError`."""
    facts = engine_named(engine)
    if set(only) - {*facts.sources, REST} or set(only) == {REST}:
        made = ", ".join((*facts.sources, REST))
        raise ValidationError(f"{facts.title} ({facts.name}) makes {made}: choose among these.")
    if dtype not in DTYPES:
        raise ValidationError(f"There is no precision “{dtype}”; there is {', '.join(DTYPES)}.")
    if format and format not in FORMATS:
        raise ValidationError(f"There is no format “{format}”; there is {', '.join(FORMATS)}.")
    return facts


def engine_named(name: str) -> EngineFacts:
    """The engine of this name or tier; "" is the deployment's. `ValidationError` if none is."""
    name = name or default_engine()
    if name in ENGINES:
        return ENGINES[name]
    for facts in ENGINES.values():
        if facts.tier == name:
            return facts
    raise ValidationError(f"There is no engine “{name}”; there is {', '.join(ENGINES)}.")


def wish_for(facts: EngineFacts, only: tuple[str, ...], dtype: DType) -> StemSettings:
    """What the result depends on; published weights bear the beginning of their digest as name."""
    parameters: dict = {}
    if only and set(only) != set(facts.sources):
        parameters["stems"] = [name for name in (*facts.sources, REST) if name in only]
    if facts.weights:
        parameters["dtype"] = dtype
        parameters["weights"] = [CATALOGUE[name].file for name in facts.weights]
    return StemSettings(facts.name, facts.version, parameters)


@transaction.atomic
def _separation(
    track: Track, owner, wish: StemSettings, delivery: dict, callback: dict[str, Any] | None
) -> Separation:
    stem_set, _ = StemSet.objects.select_for_update().get_or_create(
        key=wish.key(track.sha256),
        defaults={
            "sha256": track.sha256,
            "engine": wish.engine,
            "engine_version": wish.version,
            "parameters": wish.parameters,
        },
    )
    separation, _ = Separation.objects.update_or_create(
        owner=owner, track=track, stem_set=stem_set, defaults={"asked_at": now(), **delivery}
    )
    if not stem_set.is_complete and not (stem_set.job and stem_set.job.is_active):
        stem_set.queue_for(separation)
        callbacks.expect(stem_set.job)
    separation.removed.all().delete()  # who asks again wants all of them
    if callback:
        callbacks.follow(separation, callback["url"], callback.get("data"))
    return separation


def follow_separation(job: Job) -> None:
    """Tell those who asked to be told; what was cancelled may be made for others."""
    if job.is_active:
        callbacks.expect(job)
    if job.state == Job.State.CANCELLED:
        _make_for_others(job)
    callbacks.settle(job)


def _make_for_others(job: Job) -> None:
    """When somebody cancels what others wait for as well, it is made for one of them."""
    waiting = Separation.objects.filter(stem_set__job=job).exclude(owner=job.owner)
    other = waiting.select_related("stem_set", "track", "owner").order_by("created_at").first()
    if other and not other.stem_set.is_complete:
        other.stem_set.queue_for(other)


@transaction.atomic
def delete_separation(separation: Separation) -> None:
    """Forget a person's stems, and the stems themselves once nobody else has them."""
    stem_set = separation.stem_set
    own_job = separation.own_job
    callbacks.leave(separation)
    separation.delete()
    if own_job:
        jobs.cancel_job(own_job)  # made on for others, if there are any
    if not stem_set.separations.exists():
        stem_set.delete()
