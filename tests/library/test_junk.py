"""Junk from the outside is the request's fault, never ours."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.files.models import Track
from apps.jobs.models import Job
from apps.library.burial import erase

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/remixes", '{"files": ["\\ud800"]}'),
        ("/api/remixes", '{"files": "x"}'),
        ("/api/remixes", '{"files": [null]}'),
        ("/api/remixes", '{"files": [], "beats": 1e400}'),
        ("/api/remixes", "[" * 100_000),
        ("/api/remixes", "{"),
        ("/api/separations", "[]"),
        ("/api/separations", '{"file": "\\u0000"}'),
        ("/api/separations", '{"file": {"a": 1}}'),
        ("/api/files/upload", "{}"),
    ],
)
def test_bodies(api, path, body):
    answer = api.generic("POST", path, body, content_type="application/json")
    assert answer.status_code in (400, 415)
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/files?q=%00", "/?q=%00", f"/api/files?q={'a+' * 1500}", "/api/files?cursor=x",
        "/api/files/0", "/api/files/%00", "/api/nowhere", "/api", "/?page=x",
        "/remixes/new/?song=x", "/api/files?limit=-1", "/api/jobs?limit=x",
    ],
)  # fmt: skip
def test_addresses(client, owner, path):
    client.force_login(owner)
    assert client.get(path).status_code in (200, 404)


@pytest.mark.parametrize(
    ("asked", "status"),
    [(f"bytes=0-{'9' * 5000}", 200), ("bytes=-0", 416), ("bytes=5-1", 416), ("lines=1-2", 200)],
)
def test_ranges(api, track, asked, status):
    answer = api.get(f"/api/files/{track.pk}/audio", headers={"range": asked})
    assert answer.status_code == status


def test_a_file_where_none_is_wanted_is_refused_before_it_is_kept(client, settings):
    file = SimpleUploadedFile("big.bin", b"x" * 3_000_000)
    assert client.post("/signin", {"username": "x", "password": "y", "f": file}).status_code == 400
    assert not list(settings.SCRATCH.iterdir())


def test_a_huge_json_body_is_refused_unread(api):
    answer = api.generic(
        "POST", "/api/remixes", "[" + "1," * 4_000_000 + "1]", content_type="application/json"
    )
    assert answer.status_code == 413


def test_retrying_what_has_lost_its_song_ends_quietly(api, upload, song, work):
    file = upload(song()).json()["id"]
    erase(Track.objects.all())
    job = Job.objects.get(kind="probe")
    assert api.post(f"/api/jobs/{job.pk}/retry").status_code == 202
    work()
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    assert api.get(f"/api/files/{file}").status_code == 404


def test_a_page_of_jobs_costs_the_same_queries_for_many(
    client, owner, django_assert_max_num_queries
):
    Job.objects.bulk_create(
        Job(kind="separate", owner=owner, queue="heavy", label=str(number))
        for number in range(120)
    )
    client.force_login(owner)
    with django_assert_max_num_queries(12):
        assert b"and 110 more" in client.get("/jobs/").content
    with django_assert_max_num_queries(6):
        rows = client.get("/api/jobs?limit=100").json()["results"]
    assert {row["place"] for row in rows} == set(range(21, 121))
