"""What tests of separation share: a song that is there at once, and a worker for stems alone."""

from collections.abc import Callable

import pytest
from django.conf import settings as product_settings
from django.utils.module_loading import import_string

from apps.files.models import Track
from apps.jobs import runner
from apps.jobs.models import Job


@pytest.fixture
def ready(upload, song, owner) -> Callable[..., Track]:
    """Brings in a short song that counts as read: nothing is predicted of it."""

    def bring(name: str = "song.wav", *, client=None, seconds: float = 1.0, **extra) -> Track:
        answer = upload(song(name, seconds=seconds, **extra), client=client)
        rows = Track.objects.filter(pk=answer.json()["id"])
        rows.update(state=Track.State.READY)
        return rows.get()

    return bring


@pytest.fixture
def separate_all() -> Callable[[], int]:
    """A worker that does nothing but separate."""

    def do_all() -> int:
        done = 0
        while job := Job.claim_next("heavy", "test:1:1"):
            runner.run(job, import_string(product_settings.JOB_KINDS[job.kind]["pipeline"]))
            done += 1
        return done

    return do_all
