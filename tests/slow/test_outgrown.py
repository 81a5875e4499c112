"""The embedded parts outgrown: the main job on a real PostgreSQL, Redis and S3, all over again."""

import hashlib

import psycopg
import pytest
import redis

from audio import io
from audio.compose import compose
from tests.server import Api, served, wait_for
from tests.slow.outside import Bucket, postgresql, redis_server, s3_store
from tests.slow.songs import write_songs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FLAC = b"fLaC"
STEMS = {"drums", "bass", "other"}


@pytest.fixture(scope="module")
def bucket():
    with s3_store() as bucket:
        yield bucket


@pytest.fixture(scope="module")
def database():
    with postgresql() as address:
        yield address


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with redis_server(tmp_path_factory.mktemp("redis")) as address:
        yield address


@pytest.fixture(scope="module")
def server(tmp_path_factory, database, broker, bucket):
    elsewhere = {"DATABASE_URL": database, "REDIS_URL": broker, **bucket.variables}
    with served(tmp_path_factory.mktemp("served"), **elsewhere) as server:
        yield server


@pytest.fixture(scope="module")
def songs(server, tmp_path_factory) -> dict[str, bytes]:
    """Two composed songs that were uploaded and read: their bytes, by id."""
    folder, api = tmp_path_factory.mktemp("songs"), server.api()
    known = {}
    for seed, suffix in ((1, "mp3"), (2, "flac")):
        path = folder / f"song {seed}.{suffix}"
        io.write(path, compose(seed).mix)
        known[api.ready(api.upload(path)["id"])["id"]] = path.read_bytes()
    return known


def separated(api: Api, file: str) -> dict:
    """The stems of a file, asked for and waited for."""
    return done(api, api.post("/separations", json={"file": file}).json()["id"])


def done(api: Api, separation: str) -> dict:
    row = wait_for(lambda: over(api.get(f"/separations/{separation}").json()), 300)
    assert row["state"] == "done", row
    return row


def over(row: dict) -> dict | None:
    return None if row["state"] in ("queued", "running") else row


def stored(bucket: Bucket) -> set[str]:
    """The sha256 of every object in the bucket."""
    return {
        hashlib.sha256(item.get()["Body"].read()).hexdigest() for item in bucket.rows.objects.all()
    }


def test_songs_are_heard(server, songs):
    api = server.api()
    for file in songs:
        known = api.get(f"/files/{file}").json()
        assert known["state"] == "ready"
        assert known["genre"]["confidence"] > 0
        assert known["tempo"] > 0 and known["key"]


def test_stems_can_be_downloaded_in_parts(server, songs):
    api = server.api()
    for file in songs:
        row = separated(api, file)
        assert {stem["name"] for stem in row["stems"]} == STEMS
        for stem in row["stems"]:
            head = api.get(stem["url"], headers={"Range": "bytes=0-99"})
            tail = api.get(stem["url"], headers={"Range": "bytes=-100"})
            whole = api.get(stem["url"])
            assert (head.status_code, tail.status_code, whole.status_code) == (206, 206, 200)
            assert head.headers["Content-Range"] == f"bytes 0-99/{stem['size']}"
            assert whole.content.startswith(FLAC) and len(whole.content) == stem["size"]
            assert (head.content, tail.content) == (whole.content[:100], whole.content[-100:])


def test_a_remix_is_made(server, songs):
    api = server.api()
    remix = api.post("/remixes", json={"files": list(songs), "seed": 1}).json()["id"]
    job = wait_for(lambda: over(api.get(f"/remixes/{remix}").json()["job"]), 300)
    assert job["state"] == "done", job
    assert {s["song"] for s in api.get(f"/remixes/{remix}/recipe").json()["segments"]} == set(
        songs
    )
    assert api.get(f"/remixes/{remix}/audio").content.startswith(FLAC)


def test_what_was_uploaded_comes_back(server, songs):
    api = server.api()
    for file, content in songs.items():
        assert api.get(f"/files/{file}/audio?download=1").content == content


def test_bytes_lie_in_the_bucket_and_nowhere_else(server, songs, bucket):
    contents = stored(bucket)
    assert {hashlib.sha256(content).hexdigest() for content in songs.values()} <= contents
    assert [path for path in (server.data / "media").rglob("*") if path.is_file()] == []
    assert list((server.data / "broker" / "messages").iterdir()) == []
    assert list(server.data.glob("*.sqlite3")) == []


def test_rows_lie_in_postgresql(server, songs, database, bucket):
    with psycopg.connect(database) as connection:
        keys = connection.execute("SELECT key, size FROM files_blob WHERE storage = 's3'")
        assert dict(keys.fetchall()) == bucket.contents()


def test_killing_the_heavy_worker_loses_nothing(server, tmp_path):
    api = server.api()
    (song,) = write_songs(tmp_path, 1, times=4)
    file = api.ready(api.upload(song)["id"])["id"]
    separation = api.post("/separations", json={"file": file}).json()["id"]
    wait_for(lambda: running(api, separation))
    (worker,) = server.processes("heavy@")
    worker.kill()
    row = done(api, separation)
    assert row["job"]["attempt"] == 2
    assert {stem["name"] for stem in row["stems"]} == STEMS
    wait_for(lambda: not list((server.data / "scratch").iterdir()), 10)


def running(api: Api, separation: str) -> bool:
    row = api.get(f"/separations/{separation}").json()
    return row["state"] == "running" and row["job"]["progress"] > 0.05


def test_a_redis_that_forgets_everything_loses_nothing(server, broker, tmp_path):
    """What waits and what is being done is forgotten, and whoever did it dies: rows tell."""
    api = server.api()
    first, *others = write_songs(tmp_path, 5, times=2)
    files = [api.ready(file["id"])["id"] for file in map(api.upload, others)]
    rows = [api.post("/separations", json={"file": file}).json()["id"] for file in files]
    wait_for(lambda: running(api, rows[0]))
    late = api.upload(first)["id"]
    with redis.Redis.from_url(broker) as client:
        client.flushall()
    (worker,) = server.processes("heavy@")
    worker.kill()
    assert [len(done(api, row)["stems"]) for row in rows] == [3, 3, 3, 3]
    assert api.ready(late)["state"] == "ready"
