"""What the API's document promises is what the API does."""

import pytest

from apps.accounts.services import issue_token
from apps.files.models import Track
from tests.fuzz import Asker

pytestmark = pytest.mark.django_db


@pytest.fixture
def asker(upload, song, api, owner) -> Asker:
    """Knows a file as if it had been read, what waits to be made of it, and a begun upload."""
    upload(song(seconds=1.0))
    Track.objects.update(state=Track.State.READY)
    track = Track.objects.get()
    file = str(track.pk)
    separation = api.post("/api/separations", {"file": file}, format="json").json()
    remix = api.post("/api/remixes", {"files": [file]}, format="json").json()
    begun = api.post("/api/uploads", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "99"})
    with track.blob.open() as stored:
        content = stored.read()
    things = {
        "files": file, "bytes": content, "jobs": str(track.job_id),
        "separations": separation["id"], "remixes": remix["id"],
        "uploads": begun["Location"].rstrip("/").rpartition("/")[2],
    }  # fmt: skip
    return Asker(issue_token(user=owner, name="fuzz")[1], things)


def test_a_few_made_up_requests_find_no_fault_of_ours(asker):
    assert asker.findings(examples=2) == []


@pytest.mark.slow
def test_many_made_up_requests_find_no_fault_of_ours(asker):
    assert asker.findings(examples=200) == []
    assert asker.sent > 5000
