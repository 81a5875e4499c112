"""What a worker does to unmix: a mix in, its stems as blobs out."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.timezone import now

from apps.files import blobs
from apps.files.models import Blob
from apps.jobs.models import Cancelled, Job
from apps.separation.models import Stem, StemSet
from audio import stems
from audio.io import FORMATS
from audio.separate import separate_file

FORMAT = "flac"


def separate(job: Job) -> None:
    """Stream a mix through its engine into the blobs of a stem set."""
    stem_set = StemSet.objects.filter(job=job).first()
    mix = Blob.objects.filter(tracks__sha256=stem_set.sha256).first() if stem_set else None
    if stem_set is None or mix is None:  # the song was deleted, or another job does this
        raise Cancelled
    with blobs.local_copy(mix) as path, blobs.scratch() as folder, _batches(stem_set) as batches:
        made = separate_file(
            path,
            folder,
            stems.load(stem_set.engine, _options(stem_set)),
            format=FORMAT,
            report=job.report,
            checkpoint=batches,
        )
        content_type = FORMATS[FORMAT].content_type
        stored = {stem.name: blobs.store(stem.path, content_type=content_type) for stem in made}
    _publish(job, stem_set, stored, made[0].gain_db)


@contextmanager
def _batches(stem_set: StemSet) -> Iterator[Path]:
    """Where finished batches are kept: through the death of a worker, not that of the wish."""
    folder = settings.SCRATCH / f"stems-{stem_set.key}"
    try:
        yield folder
    except Cancelled:
        if not StemSet.objects.filter(pk=stem_set.pk, job__state__in=Job.ACTIVE).exists():
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _options(stem_set: StemSet) -> stems.Options:
    """What was asked for; cores and models are this machine's."""
    asked = stem_set.parameters
    return stems.Options(stems=tuple(asked.get("stems", ())), dtype=asked.get("dtype", "auto"))


@transaction.atomic
def _publish(job: Job, stem_set: StemSet, stored: dict[str, Blob], gain_db: float) -> None:
    """Let readers see all stems at once; what was there before is replaced."""
    job.confirm()
    stem_set.stems.all().delete()
    Stem.objects.bulk_create(
        Stem(stem_set=stem_set, name=name, position=position, blob=blob)
        for position, (name, blob) in enumerate(stored.items())
    )
    StemSet.objects.filter(pk=stem_set.pk).update(completed_at=now(), gain_db=gain_db)
