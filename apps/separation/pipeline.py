"""What a worker does to unmix: a mix in, its stems as blobs out."""

import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.timezone import now

from apps.files import blobs
from apps.files.models import Blob
from apps.jobs.models import Cancelled, Job
from apps.separation.models import Pace, Stem, StemSet
from apps.separation.room import require_room
from audio import effort, stems
from audio.io import FORMATS
from audio.separate import StemFile, separate_file

FORMAT = "flac"
SHORTEST = 5.0  # seconds of sound that say something about how long others take


def separate(job: Job) -> None:
    """Stream a mix through its engine into the blobs of a stem set."""
    stem_set = StemSet.objects.filter(job=job).first()
    mix = Blob.objects.filter(tracks__sha256=stem_set.sha256).first() if stem_set else None
    if stem_set is None or mix is None:  # the song was deleted, or another job does this
        raise Cancelled
    with _batches(stem_set) as batches:
        if not stem_set.is_complete:  # or a worker died before it could say that it is done
            _make(job, stem_set, mix, batches)


def _make(job: Job, stem_set: StemSet, mix: Blob, batches: Path) -> None:
    song = mix.tracks.filter(seconds__gt=0).values("seconds", "channels").first()
    song = song or {"seconds": 0.0, "channels": 2}
    require_room(stem_set, kept=batches, **song)
    watch = _Stopwatch(begins_anew=not batches.exists())
    with blobs.scratch() as folder, blobs.local_copy(mix) as path:
        engine = stems.load(stem_set.engine, _options(stem_set))
        watch.loaded()
        made = separate_file(
            path, folder, engine, format=FORMAT, report=job.report, checkpoint=batches, keep=True
        )
        stored = {stem.name: _stored(job, stem) for stem in made}
    _publish(job, stem_set, made, stored)
    _note(stem_set, engine, song["seconds"], watch)


@dataclass
class _Stopwatch:
    """How long a job takes, and how much of that it takes before it touches the sound."""

    begins_anew: bool  # nothing was done by an earlier attempt
    began: float = field(default_factory=time.monotonic)
    setup: float = 0.0

    def loaded(self) -> None:
        self.setup = self.took

    @property
    def took(self) -> float:
        return time.monotonic() - self.began


@contextmanager
def _batches(stem_set: StemSet) -> Iterator[Path]:
    """Where finished batches are kept: through the death of a worker, until the stems are safe."""
    folder = settings.SCRATCH / f"stems-{stem_set.key}"
    try:
        yield folder
    except Cancelled:
        if not StemSet.objects.filter(pk=stem_set.pk, job__state__in=Job.ACTIVE).exists():
            shutil.rmtree(folder, ignore_errors=True)
        raise
    else:
        shutil.rmtree(folder, ignore_errors=True)


def _options(stem_set: StemSet) -> stems.Options:
    """What was asked for; cores and models are this machine's."""
    return stems.Options(stems=stem_set.asked, dtype=stem_set.dtype)


def _stored(job: Job, stem: StemFile) -> Blob:
    job.report(job.progress)  # the storage may be far away, and somebody may cancel meanwhile
    return blobs.store(stem.path, content_type=FORMATS[FORMAT].content_type)


@transaction.atomic
def _publish(job: Job, stem_set: StemSet, made: list[StemFile], stored: dict[str, Blob]) -> None:
    """Let readers see all stems at once; what was there before is replaced."""
    job.confirm()
    stem_set.stems.all().delete()
    Stem.objects.bulk_create(
        Stem(
            stem_set=stem_set,
            name=stem.name,
            position=position,
            blob=stored[stem.name],
            share=stem.share,
            silence=stem.silence,
        )
        for position, stem in enumerate(made)
    )
    StemSet.objects.filter(pk=stem_set.pk).update(
        completed_at=now(), gain_db=made[0].gain_db, residual_db=made[0].residual_db
    )


def _note(stem_set: StemSet, engine: stems.Engine, seconds: float, watch: _Stopwatch) -> None:
    """Let the next ones know how long this took, if nothing came between."""
    if not watch.begins_anew or seconds < SHORTEST:
        return
    known = engine.parameters
    Pace.note(
        took=watch.took,
        setup=watch.setup,
        seconds=seconds,
        work=effort.total(engine.facts, stem_set.asked, stem_set.dtype),
        engine=stem_set.engine,
        engine_version=stem_set.engine_version,
        dtype=stem_set.dtype,
        computed=str(known.get("dtype", "")),
        threads=int(known.get("threads", stems.cores(stems.Options()))),
        host=socket.gethostname(),
    )
