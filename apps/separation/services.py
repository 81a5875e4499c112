"""What a person can ask about stems."""

import hashlib
import json
from dataclasses import asdict, dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.files.models import Track
from apps.jobs import services as jobs
from apps.jobs.models import Job
from apps.separation.models import Separation, StemSet
from audio.catalogue import CATALOGUE
from audio.stems import ENGINES, REST, DType, EngineFacts

DEFAULT_ENGINE = "hpss"


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


def request_separation(
    *,
    track: Track,
    owner,
    engine: str = DEFAULT_ENGINE,
    only: tuple[str, ...] = (),
    dtype: DType = "auto",
) -> Separation:
    """Ask for the stems of a track, or for some; the same wish twice is the same separation."""
    if engine not in ENGINES:
        raise ValidationError(f"There is no engine “{engine}”; there is {', '.join(ENGINES)}.")
    if not track.is_ready:
        raise ValidationError(f"“{track.title}” cannot be read yet, so it cannot be unmixed.")
    facts = ENGINES[engine]
    if set(only) - {*facts.sources, REST} or set(only) == {REST}:
        raise ValidationError(f"{engine} makes {', '.join((*facts.sources, REST))}.")
    return _separation(track, owner, wish_for(facts, only, dtype))


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
def _separation(track: Track, owner, wish: StemSettings) -> Separation:
    stem_set, _ = StemSet.objects.select_for_update().get_or_create(
        key=wish.key(track.sha256),
        defaults={
            "sha256": track.sha256,
            "engine": wish.engine,
            "engine_version": wish.version,
            "parameters": wish.parameters,
        },
    )
    separation, _ = Separation.objects.get_or_create(owner=owner, track=track, stem_set=stem_set)
    if not stem_set.is_complete and not (stem_set.job and stem_set.job.is_active):
        stem_set.queue_for(separation)
    return separation


def follow_separation(job: Job) -> None:
    """When somebody cancels what others wait for as well, it is made for one of them."""
    if job.state != Job.State.CANCELLED:
        return
    waiting = Separation.objects.filter(stem_set__job=job).exclude(owner=job.owner)
    other = waiting.select_related("stem_set", "track", "owner").order_by("created_at").first()
    if other and not other.stem_set.is_complete:
        other.stem_set.queue_for(other)


@transaction.atomic
def delete_separation(separation: Separation) -> None:
    """Forget a person's stems, and the stems themselves once nobody else has them."""
    stem_set = separation.stem_set
    own_job = separation.own_job
    separation.delete()
    if own_job:
        jobs.cancel_job(own_job)  # made on for others, if there are any
    if not stem_set.separations.exists():
        stem_set.delete()
