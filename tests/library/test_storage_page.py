"""Who and what takes the space."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.files.models import Blob
from apps.remixes.services import request_remix
from apps.separation.services import request_separation

pytestmark = pytest.mark.django_db
ROUTE = "/api/storage"


@pytest.fixture
def everything(track, owner, work):
    request_separation(track=track, owner=owner)
    request_remix(owner=owner, tracks=[track], beats=8, seed=1)
    work()
    return track


def test_an_admin_sees_every_byte_once_by_kind(everything, api):
    known = api.get(ROUTE).json()
    kinds = known["kinds"]
    assert sum(kinds.values()) == sum(Blob.objects.values_list("size", flat=True))
    assert kinds["originals"] == everything.blob.size
    assert all(kinds[kind] for kind in ("stems", "remixes", "waveforms", "other"))
    assert known["storages"] == {"local": sum(kinds.values())}
    assert 0 < known["disk"]["free"] < known["disk"]["total"]


def test_people_come_greatest_first_with_what_they_share(everything, api, their_api, upload, song):
    upload(song(), client=their_api)
    first, second = api.get(ROUTE).json()["people"]
    assert (first["username"], second["username"]) == ("owner", "stranger")
    assert second["kinds"]["originals"] == first["kinds"]["originals"] == everything.blob.size


def test_a_member_sees_what_is_theirs_and_nothing_else(everything, their_api):
    known = their_api.get(ROUTE).json()
    assert (known["people"], known["kinds"], known["storages"]) == ([], {}, {})
    assert (known["you"]["username"], known["you"]["total"]) == ("stranger", 0)


def test_a_quota_says_what_is_used_and_allowed(everything, api, owner, settings):
    settings.QUOTA_BYTES, settings.QUOTA_MINUTES = 10**6, 5
    assert api.get(ROUTE).json()["you"]["quota"] == {
        "bytes_used": everything.blob.size,
        "bytes_allowed": 10**6,
        "seconds_used": everything.seconds,
        "minutes_allowed": 5,
    }


def test_it_asks_the_same_number_of_questions_whoever_there_is(
    everything, api, django_user_model, django_assert_num_queries
):
    with CaptureQueriesContext(connection) as asked:
        api.get(ROUTE)
    for number in range(20):
        django_user_model.objects.create_user(f"person {number}")
    with django_assert_num_queries(len(asked)):
        api.get(ROUTE)


def test_the_page_shows_it_to_whoever_may_see_it(everything, client, owner, stranger):
    page = reverse("library:storage")
    assert client.get(page).status_code == 302
    client.force_login(stranger)
    html = client.get(page).content.decode()
    assert "What is yours" in html and "owner" not in html
    client.force_login(owner)
    html = client.get(page).content.decode()
    assert "Who takes it" in html and "stranger" in html and 'data-kind="stems"' in html
