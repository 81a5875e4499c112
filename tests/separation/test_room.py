"""Work for which there is no room is not begun; the sentence says what to do."""

import shutil
from collections import namedtuple

import pytest

from apps.jobs import room as jobs_room
from apps.jobs.models import Job
from apps.separation.models import Separation
from apps.separation.services import request_separation

pytestmark = pytest.mark.django_db
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def unmixed(track, owner, work):
    def unmixed() -> Job:
        row = request_separation(track=track, owner=owner)
        work()
        job: Job = Separation.objects.get(pk=row.pk).own_job
        return job

    return unmixed


def test_too_little_disk_is_told_before_the_work(unmixed, monkeypatch, settings):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 10**9, 10**6))
    job = unmixed()
    assert (job.state, job.error_code, job.progress) == ("failed", "no_space", 0.0)
    assert "Free some space" in job.error
    assert not list(settings.SCRATCH.glob("stems-*")), "nothing was begun"


def test_too_little_memory_is_told_before_the_work(unmixed, monkeypatch, tmp_path):
    for name, text in [("memory.max", "100000000"), ("memory.current", "99000000")]:
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(jobs_room, "CGROUP", tmp_path)
    monkeypatch.setattr(jobs_room.psutil, "Process", lambda: Small)
    job = unmixed()
    assert (job.state, job.error_code) == ("failed", "no_memory")
    assert "0.0 GB free" in job.error and "faster engine" in job.error


class Small:
    """A process that holds next to nothing."""

    @staticmethod
    def memory_info():
        return namedtuple("Info", "rss")(10**6)


def test_what_a_container_holds_of_files_only_counts_as_free(monkeypatch, tmp_path):
    monkeypatch.setattr(jobs_room, "CGROUP", tmp_path)
    own = jobs_room.free_memory()
    assert own > 0, "no container, no limit"
    (tmp_path / "memory.max").write_text("3000000")
    (tmp_path / "memory.current").write_text("2500000")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 400000\n")
    monkeypatch.setattr(jobs_room.psutil, "Process", lambda: Small)
    assert jobs_room.free_memory() == 500_000 + 400_000 + 10**6
    (tmp_path / "memory.max").write_text("max")
    assert jobs_room.free_memory() > 10**7


def test_what_torch_says_of_memory_is_understood():
    error = RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried")
    assert jobs_room.is_no_memory(error)
    assert jobs_room.is_no_memory(MemoryError())
    assert not jobs_room.is_no_memory(RuntimeError("shapes do not match"))
