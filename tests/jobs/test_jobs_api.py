"""Long work over the API."""

import pytest

from apps.jobs import services
from apps.jobs.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(owner) -> Job:
    return services.enqueue(kind="separate", owner=owner, label="Unmix “Song”")


def test_a_job_says_where_it_stands(api, job):
    row = api.get("/api/jobs").json()["results"][0]
    assert (row["id"], row["state"], row["place"]) == (str(job.pk), "queued", 1)


def test_cancel_keeps_the_row_and_retry_queues_it_again(api, job):
    assert api.post(f"/api/jobs/{job.pk}/cancel").json()["state"] == "cancelled"
    answer = api.post(f"/api/jobs/{job.pk}/retry")
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")


def test_another_persons_job_does_not_exist(their_api, job):
    for method, path in [("get", ""), ("post", "/cancel"), ("post", "/retry")]:
        assert getattr(their_api, method)(f"/api/jobs/{job.pk}{path}").status_code == 404
    assert their_api.get("/api/jobs").json()["results"] == []
    assert Job.objects.get().state == Job.State.QUEUED


def test_staff_see_everybodys(their_api, stranger, job):
    stranger.role = "staff"
    stranger.save()
    assert len(their_api.get("/api/jobs").json()["results"]) == 1
