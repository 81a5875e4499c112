"""What a worker does to remix: find beats, search matches, render."""

import io
import json
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np
from django.db import transaction

import audio.io
from apps.files import blobs, waveforms
from apps.files.models import Track
from apps.jobs.models import Cancelled, Job
from apps.remixes.models import BeatGrid, Remix
from audio import beats
from audio import remix as remixing
from audio.beatgrid import BeatGrid as Beats
from audio.errors import AudioError
from audio.progress import Report, part
from audio.waveform import Pyramid

FORMAT = "flac"
LISTENING, RENDERING = (0.0, 0.6), (0.6, 0.95)  # shares of the progress


def remix(job: Job) -> None:
    """Make the recipe of a remix and the sound of it."""
    row = Remix.objects.filter(job=job).first()
    tracks = list(row.tracks.select_related("blob").order_by("created_at")) if row else []
    if row is None or not tracks:  # it, or all of its songs, were deleted in the meantime
        raise Cancelled
    with ExitStack() as stack:
        folder = stack.enter_context(blobs.scratch())
        paths = {str(t.pk): stack.enter_context(blobs.local_copy(t.blob)) for t in tracks}
        grids = _grids(job, tracks, paths, folder)
        recipe = remixing.plan(grids, **row.parameters)
        sound = folder / "remix.flac"
        report = part(partial(job.report, step="Rendering"), *RENDERING)
        remixing.render(recipe, paths, sound, format=FORMAT, report=report)
        row.recipe = {**json.loads(recipe.to_json()), "songs": _names(tracks)}
        _publish(job, row, sound, folder)


def _grids(
    job: Job, tracks: list[Track], paths: Mapping[str, Path], folder: Path
) -> dict[str, Beats]:
    """The beats of every song, found now where nobody has asked before."""
    grids = {}
    span = part(partial(job.report, step="Finding beats"), *LISTENING)
    for number, track in enumerate(tracks):
        report = part(span, number / len(tracks), (number + 1) / len(tracks))
        try:
            grids[str(track.pk)] = _grid(track.sha256, paths[str(track.pk)], folder, report)
        except AudioError as error:
            raise type(error)(f"“{track.title}”: {error}") from error
    return grids


def _grid(sha256: str, path: Path, folder: Path, report: Report) -> Beats:
    known = BeatGrid.objects.filter(sha256=sha256, version=beats.VERSION).first()
    if known:
        with known.arrays.open() as file, np.load(io.BytesIO(file.read())) as arrays:
            return Beats.from_arrays(arrays)
    found = beats.analyse_file(path, report)
    _keep(sha256, found, folder)
    return found


def _keep(sha256: str, found: Beats, folder: Path) -> None:
    arrays = folder / "beats.npz"
    np.savez_compressed(arrays, allow_pickle=False, **found.to_arrays())
    BeatGrid.objects.get_or_create(
        sha256=sha256,
        version=found.version,
        defaults={
            "bpm": found.bpm,
            "confidence": found.confidence,
            "beats": len(found.beats),
            "arrays": blobs.store(arrays, content_type="application/x-npz"),
        },
    )


def _names(tracks: list[Track]) -> dict[str, dict[str, str]]:
    """What the songs were called, so that a remix can say so when they are gone."""
    return {str(t.pk): {"title": t.title, "artist": t.artist} for t in tracks}


def _publish(job: Job, row: Remix, sound: Path, folder: Path) -> None:
    pyramid = Pyramid()
    row.seconds = audio.io.verify(sound, pyramid.feed).seconds
    row.waveform = waveforms.store(pyramid, row.seconds, folder)
    row.blob = blobs.store(sound, content_type=audio.io.FORMATS[FORMAT].content_type)
    with transaction.atomic():
        job.confirm()
        row.save(update_fields=["recipe", "seconds", "waveform", "blob"])
