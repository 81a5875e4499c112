"""A process may die between any two steps: what is left is mended by the sweep alone."""

import errno
import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.utils.timezone import now

from apps.files import blobs, collecting, incoming
from apps.files.disk import Disk
from apps.files.models import Blob, Track
from apps.files.services import store_file
from apps.files.tasks import remove_unused_blobs
from apps.jobs.models import Job
from tests.fragile import die_at_every_step

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fragile(settings):
    """The storages of the product, in which a process can die."""
    fragile = {"local": "tests.fragile.FragileDisk", "s3": "tests.fragile.FragileBucket"}
    settings.STORAGES = {
        alias: {**storage, "BACKEND": fragile.get(alias, storage["BACKEND"])}
        for alias, storage in settings.STORAGES.items()
    }


@pytest.fixture
def written(tmp_path):
    def write(content: bytes = b"some bytes") -> Path:
        path = tmp_path / "some.bin"
        path.write_bytes(content)
        return path

    return write


def sweep() -> None:
    """What the beat does an hour later."""
    Blob.objects.update(created_at=now() - timedelta(hours=2))
    remove_unused_blobs()


def assert_each_row_has_its_bytes() -> None:
    """And no byte is without its row, in any storage."""
    stored = {}
    for alias in {"local", "s3"} & set(storages.backends):
        for one in storages[alias].everything():
            if not one.key.startswith("incoming/"):
                content = b"".join(storages[alias].blocks(one.key, 0, one.size))
                stored[alias, one.key] = hashlib.sha256(content).hexdigest()
    assert stored == {(blob.storage, blob.key): blob.sha256 for blob in Blob.objects.all()}


def test_while_storing(fragile, written):
    deaths = 0
    for _ in die_at_every_step(lambda: blobs.store(written(), content_type="x/y")):
        sweep()
        assert_each_row_has_its_bytes()
        assert not Blob.objects.exists()
        deaths += 1
    assert_each_row_has_its_bytes()
    assert (deaths, Blob.objects.count()) == (4, 1)


def test_while_removing(fragile, written):
    deaths = 0

    def remove() -> None:
        blob = blobs.store(written(), content_type="x/y")
        blobs.remove_unused(Blob.objects.get(pk=blob.pk))

    for _ in die_at_every_step(remove):
        sweep()
        assert_each_row_has_its_bytes()
        assert not Blob.objects.exists()
        deaths += 1
    assert deaths >= 8
    assert not Blob.objects.exists()


def test_while_bringing_in_a_song(fragile, owner, song):
    for death in die_at_every_step(lambda: store_file(owner=owner, path=song(), name="a.wav")):
        sweep()
        assert_each_row_has_its_bytes()
        assert Blob.objects.count() == Track.objects.count(), death
    assert_each_row_has_its_bytes()
    assert Track.objects.count() == Blob.objects.count() == 1


@pytest.mark.parametrize(("source", "target"), [("local", "s3"), ("s3", "local")])
def test_while_moving(source, target, bucket, fragile, owner, song):
    deaths = 0

    def move() -> None:
        for blob in Blob.objects.filter(storage=source).exclude(sha256=""):
            blobs.move(blob, target)

    track, _ = store_file(owner=owner, path=song(), name="a.wav", alias=source)
    for _ in die_at_every_step(move):
        blob = Track.objects.get().blob
        with blobs.local_copy(blob) as path:
            assert blobs.sha256_of(path) == track.sha256, "it can be heard at any time"
        sweep()
        assert_each_row_has_its_bytes()
        if blob.storage == target:
            Track.objects.update(blob=_put_back(blob, source))
        deaths += 1
    assert_each_row_has_its_bytes()
    assert deaths >= 8
    assert Track.objects.get().blob.storage == target


def _put_back(blob: Blob, source: str) -> Blob:
    blobs.move(blob, source)
    return blob


@pytest.mark.slow
def test_while_collecting_from_the_bucket(bucket, fragile, owner, song, tmp_path):
    def collect() -> None:
        (job,) = incoming.sweep()
        job.state = Job.State.RUNNING
        job.save()
        collecting.collect(job)

    storages["s3"].put("incoming/owner/song.wav", song())
    deaths = 0
    for _ in die_at_every_step(collect):
        Job.objects.all().delete()
        sweep()
        assert_each_row_has_its_bytes()
        there = [one.key for one in storages["s3"].everything("incoming/")]
        assert there or Track.objects.exists(), "it is never in neither place"
        if not there:
            storages["s3"].put("incoming/owner/song.wav", song())
            Track.objects.all().delete()
        deaths += 1
    assert deaths >= 10
    assert Track.objects.get().blob.storage == "s3"
    assert not list(storages["s3"].everything("incoming/"))


class FullDisk(Disk):
    """Writes a part of everything, then there is no room."""

    def put(self, key: str, path: Path) -> None:
        target = Path(self.path(key))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes()[:5])
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_leaves_nothing_at_once(settings, written):
    settings.STORAGES = {**settings.STORAGES, "local": {"BACKEND": f"{__name__}.FullDisk"}}
    with pytest.raises(OSError, match="No space"):
        blobs.store(written(), content_type="x/y")
    assert not Blob.objects.exists()
    assert_each_row_has_its_bytes()
