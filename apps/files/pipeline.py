"""What a worker does with a new recording: read all of it, draw it, make it playable."""

from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from apps.files import blobs, limits, waveforms
from apps.files.models import Blob, Tag, Track
from apps.jobs.models import Cancelled, Job
from audio import io, pictures
from audio.clip import Clip
from audio.progress import part
from audio.waveform import Pyramid

# What browsers play as it is; of everything else they get a FLAC copy.
WEB_CODECS = frozenset({"mp3", "aac", "vorbis", "opus", "flac", "pcm_s16le", "pcm_s24le"})
PUBLISHED = [
    "waveform",
    "cover", "playable", "seconds", "channels", "sample_rate", "remark", "state", "problem",
]  # fmt: skip
WEB_SAMPLE_RATE = 96_000  # Hz, at most


def probe(job: Job) -> None:
    """Decode a track to its end, and publish what it is."""
    track = Track.objects.select_related("blob").filter(job=job).first()
    if track is None:  # it was deleted in the meantime
        raise Cancelled
    pyramid = Pyramid()
    with blobs.local_copy(track.blob) as path, blobs.scratch() as folder:
        listen = partial(_listen, pyramid)
        decoded = io.verify(path, listen, part(job.report, 0.0, 0.7))
        track.waveform = waveforms.store(pyramid, decoded.seconds, folder)
        track.cover = _cover(path, folder)
        track.playable = _playable_copy(job, track, path, folder)
        genre = io.probe(path).genre
    track.seconds, track.channels = decoded.seconds, decoded.channels
    track.sample_rate = decoded.sample_rate
    track.remark = _remark(decoded)
    track.state, track.problem = Track.State.READY, ""
    _publish(job, track, genre)


def _listen(pyramid: Pyramid, block: Clip) -> None:
    """Headers lie about length; what is longer than allowed shows while it is decoded."""
    pyramid.feed(block)
    limits.check_length(pyramid.seconds)


def _publish(job: Job, track: Track, genre: str) -> None:
    with transaction.atomic():
        job.confirm()
        track.save(update_fields=PUBLISHED)
        for name in filter(None, (word.strip().lower()[:80] for word in genre.split(";"))):
            Tag.objects.get_or_create(track=track, name=name, origin=Tag.Origin.FILE)
    for name in settings.ON_TRACK_READY:
        import_string(name)(track)


def _cover(path: Path, folder: Path) -> Blob | None:
    """The picture in the file, drawn anew; None where there is none."""
    picture = pictures.cover(path)
    if picture is None:
        return None
    pictures.write_jpeg(picture, folder / "cover.jpg")
    return blobs.store(folder / "cover.jpg", content_type="image/jpeg")


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
