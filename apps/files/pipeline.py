"""What a worker does with a new recording: read all of it, draw it, make it playable."""

import json
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from apps.files import blobs
from apps.files.models import Blob, Track
from apps.jobs.models import Cancelled, Job
from audio import io
from audio.progress import part
from audio.waveform import PeakMeter

WAVEFORM_POINTS = 2000
# What browsers play as it is; of everything else they get a FLAC copy.
WEB_CODECS = frozenset({"mp3", "aac", "vorbis", "opus", "flac", "pcm_s16le", "pcm_s24le"})
PUBLISHED = [
    "waveform", "playable", "seconds", "channels", "sample_rate", "remark", "state", "problem",
]  # fmt: skip
WEB_SAMPLE_RATE = 96_000  # Hz, at most


def probe(job: Job) -> None:
    """Decode a track to its end, and publish what it is."""
    track = Track.objects.select_related("blob").filter(job=job).first()
    if track is None:  # it was deleted in the meantime
        raise Cancelled
    meter = PeakMeter()
    with blobs.local_copy(track.blob) as path, blobs.scratch() as folder:
        decoded = io.verify(path, meter.feed, part(job.report, 0.0, 0.7))
        track.waveform = store_waveform(meter, decoded.seconds, folder)
        track.playable = _playable_copy(job, track, path, folder)
    track.seconds, track.channels = decoded.seconds, decoded.channels
    track.sample_rate = decoded.sample_rate
    track.remark = _remark(decoded)
    track.state, track.problem = Track.State.READY, ""
    _publish(job, track)


def _publish(job: Job, track: Track) -> None:
    with transaction.atomic():
        job.confirm()
        track.save(update_fields=PUBLISHED)
    for name in settings.ON_TRACK_READY:
        import_string(name)(track)


def store_waveform(meter: PeakMeter, seconds: float, folder: Path) -> Blob:
    """Peaks as JSON, ready to be drawn."""
    points = [[round(float(v), 3) for v in pair] for pair in meter.peaks(WAVEFORM_POINTS)]
    path = folder / "waveform.json"
    path.write_text(json.dumps({"seconds": seconds, "points": points}, separators=(",", ":")))
    return blobs.store(path, content_type="application/json")


def _playable_copy(job: Job, track: Track, path: Path, folder: Path) -> Blob | None:
    """A FLAC of what browsers would refuse; None when they play the original."""
    plays = track.codec in WEB_CODECS and track.channels <= 2
    if plays and track.sample_rate <= WEB_SAMPLE_RATE:
        return None
    copy = folder / "playable.flac"
    report = part(job.report, 0.7, 1.0)
    frames = max(track.seconds, 1.0) * 44_100
    with io.Writer(copy, sample_rate=44_100, channels=2, format="flac") as writer:
        for number, block in enumerate(io.blocks(path, sample_rate=44_100, channels=2)):
            writer.write(block)
            report(min((number + 1) * block.frames / frames, 1.0))
    return blobs.store(copy, content_type="audio/flac")


def _remark(decoded: io.Decoded) -> str:
    """What is odd about a recording that can be used all the same."""
    remarks = []
    if decoded.damaged_at is not None:
        at = f"{int(decoded.damaged_at) // 60}:{int(decoded.damaged_at) % 60:02d}"
        remarks.append(
            f"This file stops being readable at {at}, so only the part before it is used."
        )
    if decoded.not_finite:
        remarks.append(
            f"{decoded.not_finite} of its samples are not numbers; they are played as silence."
        )
    return " ".join(remarks)
