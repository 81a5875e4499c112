"""Work that was done is not done again: whoever dies, wherever."""

import pytest

from apps.files.models import Blob
from apps.jobs import runner
from apps.jobs.models import Job
from apps.separation import pipeline
from apps.separation.models import Separation, Stem, StemSet
from apps.separation.services import request_separation

pytestmark = pytest.mark.django_db


class Dies(BaseException):
    """As kill -9: nothing catches it."""


@pytest.fixture
def running(track, owner) -> Job:
    request_separation(track=track, owner=owner)
    job = Job.claim_next("heavy", "test:1:1")
    assert job is not None
    return job


def again(job: Job) -> Job:
    job.requeue()
    claimed = Job.claim_next("heavy", "test:2:2")
    assert claimed is not None
    return claimed


def test_who_dies_before_the_stems_are_stored_loses_no_batch(running, monkeypatch, settings):
    def die(*args, **kwargs):
        raise Dies

    with monkeypatch.context() as patch:
        patch.setattr(pipeline.blobs, "store", die)
        with pytest.raises(Dies):
            pipeline.separate(running)
    (kept,) = settings.SCRATCH.glob("stems-*")
    before = {path: path.stat().st_mtime_ns for path in kept.glob("0*.npy")}
    seen: list[dict] = []

    def look(*args, **kwargs):
        seen.append({path: path.stat().st_mtime_ns for path in kept.glob("0*.npy")})
        return store(*args, **kwargs)

    store = pipeline.blobs.store
    monkeypatch.setattr(pipeline.blobs, "store", look)
    runner.run(again(running), pipeline.separate)
    assert before and seen[0] == before, "the batches are those of the first attempt"
    assert Separation.objects.get().state == "done" and not kept.exists()


def test_who_dies_after_publishing_has_done_it(running, settings):
    pipeline.separate(running)
    (settings.SCRATCH / f"stems-{StemSet.objects.get().key}").mkdir()
    stems = list(Stem.objects.values_list("pk", flat=True))
    runner.run(again(running), pipeline.separate)
    assert Job.objects.get(pk=running.pk).state == Job.State.DONE
    assert list(Stem.objects.values_list("pk", flat=True)) == stems
    assert not Blob.objects.unused().exists() and not list(settings.SCRATCH.iterdir())


def test_cancelling_leaves_nothing_behind(running, settings):
    running.report(0.0)
    Job.objects.get(pk=running.pk).cancel()
    runner.run(running, pipeline.separate)
    assert not list(settings.SCRATCH.iterdir())
    shown = Job.objects.get(pk=running.pk)
    assert (shown.state, shown.error_code) == ("cancelled", "cancelled")
