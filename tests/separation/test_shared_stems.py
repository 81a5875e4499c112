"""Two people with the same recording: the stems are shared, the words about it are not."""

import pytest

from apps.jobs.models import Job
from apps.separation.models import Separation
from apps.separation.tasks import repair

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(api, their_api, track, upload, song, work) -> dict[str, dict]:
    """The owner asked first; the stranger waits for the same stems."""
    theirs = upload(song("their name for it.wav"), client=their_api).json()["id"]
    work()
    first = api.post("/api/separations", {"file": str(track.pk)}, format="json").json()
    second = their_api.post("/api/separations", {"file": theirs}, format="json").json()
    return {"first": first, "second": second}


def state(client, separation: dict) -> str:
    return client.get(f"/api/separations/{separation['id']}").json()["state"]


def test_who_came_second_sees_nothing_of_the_others_job(both, client, stranger, track):
    assert both["first"]["job"]["label"] == "Unmix “song”"
    assert both["second"]["job"] is None
    assert both["second"]["state"] == "queued"
    client.force_login(stranger)
    theirs = Separation.objects.get(owner=stranger).track
    page = client.get(f"/songs/{theirs.pk}/stems/").content.decode()
    assert str(track.pk) not in page and "Unmix “song”" not in page


def test_cancelling_takes_nothing_from_the_other(both, api, their_api, work):
    api.post(f"/api/jobs/{both['first']['job']['id']}/cancel")
    assert state(their_api, both["second"]) == "queued"
    work()
    assert state(their_api, both["second"]) == "done"


def test_deleting_takes_nothing_from_the_other(both, api, their_api, work):
    api.delete(f"/api/separations/{both['first']['id']}")
    work()
    assert state(their_api, both["second"]) == "done"


def test_leaving_takes_nothing_from_the_other(both, owner, their_api, work):
    owner.delete()
    assert state(their_api, both["second"]) == "queued"
    repair()
    work()
    assert state(their_api, both["second"]) == "done"
    assert Job.objects.get(kind="separate").label == "Unmix “their name for it”"
