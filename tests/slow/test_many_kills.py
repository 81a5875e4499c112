"""A heavy worker that is killed over and over loses nothing, doubles nothing, leaves nothing."""

import time

import pytest

from tests.server import Api, Server, wait_for
from tests.slow.songs import write_songs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SONGS = 10
KILLING = 30.0  # seconds, and longer where a slow machine has not come to so many kills by then:
FEWEST = 4
ATTEMPTS = 3  # a job that loses its worker as often as this has failed, and rightly so


@pytest.fixture(scope="module")
def separations(server, tmp_path_factory) -> list[str]:
    """Ten separations, asked for at once."""
    api = server.api()
    songs = write_songs(tmp_path_factory.mktemp("songs"), SONGS, times=3)
    files = [api.ready(file["id"])["id"] for file in map(api.upload, songs)]
    return [api.post("/separations", json={"file": file}).json()["id"] for file in files]


def rows(api: Api) -> list[dict]:
    return api.get("/separations").json()["results"]


def in_the_middle(api: Api, struck: set[tuple[str, int]]) -> tuple[str, int] | None:
    """An attempt that has visibly begun, that was not struck yet, and that is not the last."""
    for row in rows(api):
        job = row["job"]
        attempt = job["id"], job["attempt"]
        if row["state"] == "running" and job["progress"] > 0.05 and job["attempt"] < ATTEMPTS:
            return attempt if attempt not in struck else None
    return None


def kill_again_and_again(server: Server, api: Api) -> int:
    """`kill -9` the heavy worker in the middle of its work for half a minute; say how often."""
    struck: set[tuple[str, int]] = set()
    deadline = time.monotonic() + KILLING
    while time.monotonic() < deadline or len(struck) < FEWEST:
        struck.add(wait_for(lambda: in_the_middle(api, struck)))
        (worker,) = server.processes("heavy@")
        worker.kill()
        worker.wait(5)
    return len(struck)


def blobs(server: Server) -> tuple[int, set[str]]:
    """How many blobs nothing refers to, and the names of all that are known."""
    script = (
        "from apps.files.models import Blob\n"
        "print(Blob.objects.unused().count(), *Blob.objects.values_list('key', flat=True))"
    )
    unused, *keys = server.manage("shell", "-v", "0", "-c", script).split()
    return int(unused), set(keys)


def test_ten_separations_survive_half_a_minute_of_kills(server, separations):
    api = server.api()
    kills = kill_again_and_again(server, api)
    wait_for(lambda: all(row["state"] not in ("queued", "running") for row in rows(api)), 400)
    assert [row["state"] for row in rows(api)] == ["done"] * SONGS
    assert sorted(row["id"] for row in rows(api)) == sorted(separations)
    assert sum(row["job"]["attempt"] for row in rows(api)) == SONGS + kills
    assert all(len(row["stems"]) == 3 for row in rows(api))


def test_no_blob_is_left_without_an_owner(server, separations):
    unused, keys = blobs(server)
    media = server.data / "media"
    stored = {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}
    assert unused == 0
    assert stored == keys


def test_scratch_is_empty(server, separations):
    assert list((server.data / "scratch").iterdir()) == []
