"""A library full of songs, without uploading each: rows on one short recording."""

import hashlib
import tempfile
from datetime import timedelta
from pathlib import Path

import numpy as np
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils.timezone import now

from apps.files import blobs, waveforms
from apps.files.models import Blob, Tag, Track
from apps.predictions.models import CurrentReference, Reference
from audio import io
from audio.clip import Clip
from audio.waveform import Pyramid

SECONDS, SAMPLE_RATE = 20, 22_050
GENRES = ["ambient", "house", "jazz"]
KEYS = ["A minor", "C major"]


def fill(owner, count: int) -> list[Track]:
    """Songs “Song 0”, “Song 1”, …, the newest first; every second one is by “The Even”."""
    settings.SCRATCH.mkdir(parents=True, exist_ok=True)
    blob, wave = _recording()
    tracks = [_song(owner, blob, wave, number) for number in range(count)]
    Track.objects.bulk_create(tracks)
    _date(tracks)
    _describe(tracks)
    Tag.objects.bulk_create(
        Tag(track=track, name="summer", origin=Tag.Origin.PERSON) for track in tracks[::4]
    )
    return tracks


def _recording() -> tuple[Blob, Blob]:
    t = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    beat = np.exp(-12 * (t % 0.5)) * np.random.default_rng(1).standard_normal(len(t)) / 8
    clip = Clip((np.sin(2 * np.pi * 220 * t) / 8 + beat)[None].astype(np.float32), SAMPLE_RATE)
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH) as folder:
        path = Path(folder) / "song.wav"
        io.write(path, clip)
        pyramid = Pyramid()
        pyramid.feed(clip)
        wave = waveforms.store(pyramid, float(SECONDS), Path(folder))
        sound = blobs.store(
            path, content_type="audio/wav", suffix=".wav", sha256=blobs.sha256_of(path)
        )
    return sound, wave


def _song(owner, blob: Blob, wave: Blob, number: int) -> Track:
    return Track(
        owner=owner,
        blob=blob,
        waveform=wave,
        sha256=hashlib.sha256(str(number).encode()).hexdigest(),
        filename=f"{number}.wav",
        title=f"Song {number}",
        artist="The Odd" if number % 2 else "The Even",
        container="wav",
        codec="pcm_s16le",
        seconds=SECONDS,
        sample_rate=SAMPLE_RATE,
        channels=1,
        state=Track.State.READY,
    )


def _date(tracks: list[Track]) -> None:
    """One after the other: the rows of one INSERT may all have the same moment."""
    newest = now()
    for number, track in enumerate(tracks):
        track.created_at = newest - timedelta(minutes=number)
    Track.objects.bulk_update(tracks, ["created_at"])


def _describe(tracks: list[Track]) -> None:
    references = [Reference(track=track, published_at=now()) for track in tracks]
    Reference.objects.bulk_create(references)
    CurrentReference.objects.bulk_create(
        CurrentReference(
            track=reference.track,
            reference=reference,
            genre=GENRES[number % len(GENRES)],
            genre_confidence=0.8,
            tempo=80.0 + number,
            key=KEYS[number % len(KEYS)],
        )
        for number, reference in enumerate(references)
    )


def open_library(count: int) -> str:
    """Fill the library of a server's first person; the cookie that signs them in."""
    owner = get_user_model().objects.get()
    fill(owner, count)
    client = Client()
    client.force_login(owner)
    return client.cookies["sessionid"].value
