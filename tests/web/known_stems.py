"""A song whose stems are known to the sample, as rows and files: as if it had been unmixed."""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils.timezone import now

from apps.files import blobs, waveforms
from apps.files.models import Blob, Track
from apps.predictions.models import Reference
from apps.separation.models import Separation, Stem, StemSet
from audio import io
from audio.clip import Clip
from audio.waveform import Pyramid
from tests.web.known_sound import RATE, SOFTER_DB, STEMS, song, stem


def open_song(seconds: float) -> str:
    """Make the song of the server's first person; where it is and what signs them in, as JSON."""
    owner = get_user_model().objects.get()
    separation = known_separation(owner, round(seconds * RATE))
    client = Client()
    client.force_login(owner)
    return json.dumps(
        {
            "song": str(separation.track_id),
            "separation": str(separation.pk),
            "cookie": client.cookies["sessionid"].value,
        }
    )


def known_separation(owner, frames: int) -> Separation:
    """Rows and files as if somebody had unmixed it."""
    settings.SCRATCH.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH) as folder:
        pyramid = Pyramid()
        mix = _stored(Path(folder) / "song.flac", frames, song, pyramid)
        wave = waveforms.store(pyramid, frames / RATE, Path(folder))
        parts = {
            name: _stored(Path(folder) / f"{name}.flac", frames, lambda *at, n=name: stem(n, *at))
            for name in STEMS
        }
    track = Track.objects.create(
        owner=owner, blob=mix, waveform=wave, sha256=mix.sha256, filename="known.flac",
        title="Known", container="flac", codec="flac", seconds=frames / RATE, sample_rate=RATE,
        channels=2, state=Track.State.READY,
    )  # fmt: skip
    Reference.objects.create(track=track, published_at=now())  # nobody listens to it any more
    stem_set = StemSet.objects.create(
        key=hashlib.sha256(mix.sha256.encode()).hexdigest(), sha256=mix.sha256, engine="hpss",
        engine_version="known", gain_db=SOFTER_DB, completed_at=now(),
    )  # fmt: skip
    for position, (name, blob) in enumerate(parts.items()):
        Stem.objects.create(stem_set=stem_set, name=name, position=position, blob=blob)
    return Separation.objects.create(owner=owner, track=track, stem_set=stem_set)


def _stored(path: Path, frames: int, sound: Any, pyramid: Pyramid | None = None) -> Blob:
    with io.Writer(path, sample_rate=RATE, channels=2) as writer:
        for start, count in _blocks(frames):
            clip = Clip(sound(start, count), RATE)
            writer.write(clip)
            if pyramid:
                pyramid.feed(clip)
    return blobs.store(path, content_type="audio/flac", suffix=".flac")


def _blocks(frames: int) -> Iterator[tuple[int, int]]:
    for start in range(0, frames, 441_000):
        yield start, min(441_000, frames - start)
