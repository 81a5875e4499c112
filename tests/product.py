"""Fixtures of the product: people, storage, uploads, and a worker that works when told to."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings as product_settings
from django.utils.module_loading import import_string
from rest_framework.test import APIClient

from apps.files.models import Track
from apps.jobs import runner
from apps.jobs.models import Job
from audio import io
from audio.clip import Clip

SAMPLE_RATE = 22_050


@pytest.fixture
def owner(django_user_model):
    return django_user_model.objects.create_user("owner", password="a good password", role="admin")


@pytest.fixture
def stranger(django_user_model):
    return django_user_model.objects.create_user("stranger", password="another password")


@pytest.fixture
def api(owner):
    """The API as the owner sees it."""
    client = APIClient()
    client.force_authenticate(owner)
    return client


@pytest.fixture
def their_api(stranger):
    """The API as somebody else sees it."""
    client = APIClient()
    client.force_authenticate(stranger)
    return client


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> Iterator[None]:
    """Storage of its own for every test."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SCRATCH = tmp_path / "scratch"
    settings.FILE_UPLOAD_TEMP_DIR = settings.SCRATCH
    settings.MEDIA_ROOT.mkdir()
    settings.SCRATCH.mkdir()
    yield


@pytest.fixture
def song(tmp_path) -> Callable[..., Path]:
    """Writes a short song: a beat of 120 BPM, a low note and a chord."""

    def write(name: str = "song.wav", *, seconds: float = 6.0, root: float = 220.0) -> Path:
        t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
        chord = sum(np.sin(2 * np.pi * root * ratio * t) for ratio in (0.25, 1.0, 1.25, 1.5)) / 12
        since_beat = t % 0.5
        noise = np.random.default_rng(1).standard_normal(len(t))
        drum = noise * np.exp(-40 * since_beat) * 0.5
        path = tmp_path / name
        io.write(path, Clip((chord + drum)[None].astype(np.float32), SAMPLE_RATE))
        return path

    return write


@pytest.fixture
def upload(api) -> Callable:
    """Uploads a file through the API."""

    def send(path: Path, client=None, **extra):
        with path.open("rb") as file:
            return (client or api).post(
                "/api/files/upload", {"file": file}, format="multipart", **extra
            )

    return send


@pytest.fixture
def work() -> Callable[[], int]:
    """A worker: does everything that waits, and says how much that was."""

    def do_all() -> int:
        done = 0
        while job := Job.claim_next("fast", "test:1:1") or Job.claim_next("heavy", "test:1:1"):
            runner.run(job, import_string(product_settings.JOB_KINDS[job.kind]["pipeline"]))
            done += 1
        return done

    return do_all


@pytest.fixture
def track(upload, song, work, owner):
    """A song of the owner that has been read and listened to."""
    upload(song())
    work()
    return Track.objects.get(owner=owner)
