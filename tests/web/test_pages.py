"""Every page, without JavaScript: it is there for its owner and for nobody else."""

import pytest
from django.urls import reverse

from apps.files.models import Track
from apps.jobs.models import Job
from apps.remixes.models import Remix
from apps.remixes.services import request_remix
from apps.separation.services import request_separation

pytestmark = pytest.mark.django_db


@pytest.fixture
def everything(track, owner, work) -> dict[str, object]:
    """A song with stems and a remix."""
    request_separation(track=track, owner=owner)
    remix = request_remix(owner=owner, tracks=[track], beats=8, seed=1)
    work()
    return {"track": track, "remix": remix}


def paths(everything) -> list[str]:
    track, remix = everything["track"].pk, everything["remix"].pk
    job = Job.objects.filter(kind="remix").get().pk
    return [
        reverse("library:song", args=[track]), reverse("library:row", args=[track]),
        reverse("library:facts", args=[track]), reverse("library:stems", args=[track]),
        reverse("remixes:remix", args=[remix]), reverse("remixes:fragment", args=[remix]),
        reverse("jobs:job", args=[job]),
    ]  # fmt: skip


def test_pages_of_things_are_there_for_their_owner_only(mine, theirs, everything):
    for path in paths(everything):
        assert mine.get(path).status_code == 200, path
        assert theirs.get(path).status_code == 404, path


def test_pages_of_the_house_are_there_empty_and_full(mine, theirs, everything):
    names = ["library:songs", "remixes:list", "remixes:new", "jobs:list", "accounts:account"]
    for path in map(reverse, names):
        assert mine.get(path).status_code == 200, path
        assert theirs.get(path).status_code == 200, path
    assert b"Your songs go here" in theirs.get("/").content


def test_a_strangers_wishes_do_nothing(theirs, everything):
    track, remix = everything["track"].pk, everything["remix"].pk
    job = Job.objects.filter(kind="remix").get().pk
    posts = [
        reverse("library:unmix", args=[track]), reverse("library:edit", args=[track]),
        reverse("library:delete", args=[track]), reverse("remixes:delete", args=[remix]),
        reverse("jobs:cancel", args=[job]), reverse("jobs:retry", args=[job]),
    ]  # fmt: skip
    assert {theirs.post(path, {"title": "x"}).status_code for path in posts} == {404}
    theirs.post(reverse("library:bulk"), {"ids": [track], "action": "delete"})
    assert Track.objects.filter(pk=track).exists()
    assert Remix.objects.filter(pk=remix).exists()


def test_unmix_and_remix_work_without_javascript(mine, track, work):
    assert mine.post(reverse("library:unmix", args=[track.pk])).status_code == 302
    wish = {"song": [track.pk], "beats": 8, "jump_rate": 0.5, "seed": ""}
    assert mine.post(reverse("remixes:new"), wish).status_code == 302
    work()
    assert {job.state for job in Job.objects.all()} == {"done"}


def test_a_senseless_remix_is_explained_on_the_form(mine, track):
    wish = {"song": [track.pk], "beats": 1, "jump_rate": 0.5, "seed": ""}
    answer = mine.post(reverse("remixes:new"), wish)
    assert answer.status_code == 200
    assert b"beats" in answer.content
    assert not Remix.objects.exists()


def test_a_failed_job_says_why_and_offers_to_try_again(mine, owner):
    Job.objects.create(
        kind="separate", owner=owner, queue="heavy", label="Unmix “X”", state="failed",
        error="It was too short.", error_code="too_short",
    )  # fmt: skip
    page = mine.get("/jobs/").content.decode()
    assert "It was too short." in page and "Try again" in page


def test_a_song_that_cannot_be_read_says_why(mine, track):
    Track.objects.update(state="unreadable", problem="Nothing in it can be decoded.")
    for path in ("/", reverse("library:song", args=[track.pk])):
        assert "Nothing in it can be decoded." in mine.get(path).content.decode()


def test_titles_are_words_and_not_markup(mine, track):
    Track.objects.update(title="<script>alert(1)</script>")
    for path in ("/", reverse("library:song", args=[track.pk])):
        assert "<script>alert" not in mine.get(path).content.decode()


def test_the_library_costs_the_same_queries_for_many_songs(
    mine, owner, track, django_assert_max_num_queries
):
    alike = {"owner": owner, "blob": track.blob, "filename": "x", "state": "ready"}
    Track.objects.bulk_create(Track(**alike, sha256=str(n), title=str(n)) for n in range(60))
    with django_assert_max_num_queries(14):
        mine.get("/")


def test_the_admin_opens_for_admins(mine, theirs, everything):
    for path in (
        "/admin/",
        "/admin/jobs/job/",
        "/admin/files/track/",
        "/admin/predictions/reference/",
    ):
        assert mine.get(path).status_code == 200
        assert theirs.get(path).status_code == 302


def test_the_api_documentation_is_served_here(mine):
    assert mine.get("/api/docs").status_code == 200
    assert mine.get("/api/schema").status_code == 200


def test_what_does_not_exist_says_so_kindly(mine):
    page = mine.get("/nowhere/")
    assert page.status_code == 404
    assert b"<h1>" in page.content
