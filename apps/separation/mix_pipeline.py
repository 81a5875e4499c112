"""What a worker does for a mixer: stems in, their outlines or a mix of them as blobs out."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path

from django.db import transaction

from apps.files import blobs, waveforms
from apps.files.models import Blob
from apps.jobs.models import Cancelled, Job
from apps.separation.models import Mix, StemWave
from audio.formats import FORMATS
from audio.io import verify
from audio.mixdown import Mixed, Strip, mix_down
from audio.progress import part
from audio.waveform import Pyramid


def mix(job: Job) -> None:
    """Render a mix as its settings say."""
    row = Mix.objects.filter(job=job).select_related("separation__stem_set").first()
    stems = {stem.name: stem.blob for stem in row.separation.stems} if row else {}
    if row is None or set(row.settings["stems"]) - set(stems):  # deleted in the meantime
        raise Cancelled
    strips = {name: Strip(**strip) for name, strip in row.settings["stems"].items()}
    form, region = FORMATS[row.format], row.settings["region"]
    with ExitStack() as stack:
        folder = stack.enter_context(blobs.scratch())
        paths = {name: stack.enter_context(blobs.local_copy(stems[name])) for name in strips}
        out = folder / f"mix{form.suffix}"
        made = mix_down(
            paths,
            strips,
            out,
            region=(region[0], region[1]) if region else None,
            speed=row.settings["speed"],
            format=row.format,
            report=partial(job.report, step="Mixing"),
        )
        _publish(job, row, made, blobs.store(out, content_type=form.content_type))


@transaction.atomic
def _publish(job: Job, row: Mix, made: Mixed, blob: Blob) -> None:
    job.confirm()
    fields = {"blob": blob, "seconds": made.seconds, "gain_db": made.gain_db}
    Mix.objects.filter(pk=row.pk).update(**fields)


def draw_stems(job: Job) -> None:
    """Find the outlines of some stems."""
    waves = list(StemWave.objects.filter(job=job, blob=None).select_related("stem__blob"))
    with blobs.scratch() as folder:
        for number, wave in enumerate(waves):
            report = part(job.report, number / len(waves), (number + 1) / len(waves))
            with blobs.local_copy(wave.stem.blob) as path:
                blob = _outline(path, report, folder)
            job.confirm()
            StemWave.objects.filter(pk=wave.pk, job=job).update(blob=blob)


def _outline(path: Path, report, folder: Path) -> Blob:
    pyramid = Pyramid()
    seconds = verify(path, pyramid.feed, report).seconds
    return waveforms.store(pyramid, seconds, folder)
