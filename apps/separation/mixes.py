"""What a person can ask of a mixer: outlines of the stems, and a mix of them as a file."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.jobs import services as jobs
from apps.jobs.models import Job
from apps.separation.models import Mix, Separation, StemWave
from audio.formats import FORMATS
from audio.mixdown import Strip
from audio.speed import FASTEST, SLOWEST

VERSION = 1  # of audio.mixdown: counts up when the same settings sound different
OUT_OF_SIGHT = -1  # priority of what nobody waits for


@transaction.atomic
def request_mix(
    *,
    separation: Separation,
    owner,
    stems: Mapping[str, Mapping[str, float]],
    region: tuple[float, float] | None = None,
    speed: float = 1.0,
    format: str = "flac",
) -> Mix:
    """Ask for a mix of stems as a file; what is not named is silent, and the same wish is free."""
    wish = {
        "stems": _strips(separation, stems),
        "region": _region(separation, region),
        "speed": _speed(speed),
    }
    if format not in FORMATS:
        raise ValidationError({"format": [f"“{format}” is not one of {', '.join(FORMATS)}."]})
    key = _key(separation, wish, format)
    mix, _ = Mix.objects.select_for_update(of=("self",)).get_or_create(
        separation=separation,
        key=key,
        defaults={"owner": owner, "settings": wish, "format": format},
    )
    if mix.is_wanted and not _taken_over(mix):
        title = separation.track.title
        page = f"/songs/{separation.track_id}/"
        mix.job = jobs.enqueue(kind="mix", owner=owner, label=f"Mix of “{title}”", page=page)
        mix.save(update_fields=["job"])
    return mix


def _strips(
    separation: Separation, stems: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    """Sorted, and rounded to what can be told apart, so that equal wishes are equal."""
    if separation.state != Job.State.DONE:
        raise ValidationError({"stems": ["The stems are not made yet."]})
    names = [stem.name for stem in separation.stems]
    if not stems or set(stems) - set(names):
        raise ValidationError({"stems": [f"Name some of {', '.join(names)}."]})
    wanted = {}
    for name, strip in sorted(stems.items()):
        gain_db, pan = round(strip.get("gain_db", 0.0), 2), round(strip.get("pan", 0.0), 2)
        try:
            Strip(gain_db, pan)
        except ValueError as error:
            raise ValidationError({"stems": [f"{name}: {error}"]}) from error
        wanted[name] = {"gain_db": gain_db + 0.0, "pan": pan + 0.0}
    return wanted


def _region(separation: Separation, region: tuple[float, float] | None) -> list[float] | None:
    """Begin and end, to the microsecond; None for the whole song."""
    seconds = separation.track.seconds
    if region is None or (region[0] <= 0 and region[1] >= seconds):
        return None
    start, stop = round(max(region[0], 0.0), 6), round(min(region[1], seconds), 6)
    if not 0 <= start < stop:
        raise ValidationError({"region": ["A region begins before it ends, within the song."]})
    return [start, stop]


def _speed(speed: float) -> float:
    if not SLOWEST <= speed <= FASTEST:
        raise ValidationError({"speed": [f"The speed is {SLOWEST} to {FASTEST}."]})
    return round(speed, 3)


def _key(separation: Separation, wish: dict[str, Any], format: str) -> str:
    whole = [VERSION, separation.stem_set.key, wish, format]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def _taken_over(mix: Mix) -> bool:
    """Somebody else has mixed the same stems in the same way already."""
    twin = Mix.objects.made().filter(key=mix.key).first()
    if twin is None:
        return False
    mix.blob, mix.seconds, mix.gain_db = twin.blob, twin.seconds, twin.gain_db
    mix.save(update_fields=["blob", "seconds", "gain_db"])
    return True


@transaction.atomic
def delete_mix(mix: Mix) -> None:
    """Remove a mix; its work stops, its bytes go with the next sweep."""
    if mix.job and mix.job.is_active:
        jobs.cancel_job(mix.job)
    mix.delete()


@transaction.atomic
def request_waves(separation: Separation) -> dict[str, StemWave]:
    """The outlines of the stems by name; those that are missing are drawn now, once."""
    stems = separation.stems
    found = {
        wave.stem_id: wave
        for wave in StemWave.objects.filter(stem__in=stems).select_related("job", "blob")
    }
    new = [stem for stem in stems if _is_missing(found.get(stem.pk))]
    if new:
        label = f"Draw the stems of “{separation.track.title}”"
        page = f"/songs/{separation.track_id}/"
        job = jobs.enqueue(
            kind="draw-stems", owner=separation.owner, label=label, page=page,
            priority=OUT_OF_SIGHT,
        )  # fmt: skip
        for stem in new:
            found[stem.pk], _ = StemWave.objects.update_or_create(
                stem=stem, defaults={"job": job, "blob": None}
            )
    return {stem.name: found[stem.pk] for stem in stems}


def _is_missing(wave: StemWave | None) -> bool:
    """Once drawing it has failed, it is not tried again and again."""
    if wave is None or wave.blob is not None:
        return wave is None
    return wave.job is None or wave.job.state in {Job.State.DONE, Job.State.CANCELLED}
