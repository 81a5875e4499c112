"""Inviting, roles, leaving."""

import re

import pytest

from apps.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client, owner):
    client.force_login(owner)
    return client


def test_an_invited_person_comes_in_by_the_link(admin, client):
    page = admin.post("/settings/people/invite/", {"username": "mia", "role": "member"})
    link = re.search(r"/signin/[\w-]{20,}/", page.content.decode())[0]
    password = {"new_password1": "a fine password", "new_password2": "a fine password"}
    admin.post("/signout")
    client.post(link, password)
    assert client.get("/").status_code == 200
    assert User.objects.get(username="mia").role == "member"


def test_members_do_not_manage_people(client, stranger, owner):
    client.force_login(stranger)
    assert client.get("/settings/people/").status_code == 403
    assert client.post(f"/settings/people/{owner.pk}/remove/").status_code == 403
    assert (
        client.post(f"/settings/people/{stranger.pk}/role/", {"role": "admin"}).status_code == 403
    )
    assert client.get("/admin/", follow=False).status_code == 302


def test_an_admin_changes_roles_and_removes(admin, stranger):
    admin.post(f"/settings/people/{stranger.pk}/role/", {"role": "staff"})
    stranger.refresh_from_db()
    assert (stranger.role, stranger.is_superuser) == ("staff", False)
    admin.post(f"/settings/people/{stranger.pk}/remove/")
    assert not User.objects.filter(pk=stranger.pk).exists()


def test_somebody_must_stay(admin, owner):
    admin.post(f"/settings/people/{owner.pk}/remove/")
    admin.post(f"/settings/people/{owner.pk}/role/", {"role": "member"})
    owner.refresh_from_db()
    assert owner.role == "admin"


def test_an_account_is_removed_with_its_songs_and_work(admin, stranger, upload, song, their_api):
    upload(song(), client=their_api)
    admin.post(f"/settings/people/{stranger.pk}/remove/")
    assert not User.objects.filter(pk=stranger.pk).exists()


def test_a_password_is_changed(admin, client, owner):
    wish = {
        "old_password": "a good password",
        "new_password1": "even better words",
        "new_password2": "even better words",
    }
    assert admin.post("/settings/", wish).status_code == 302
    owner.refresh_from_db()
    assert owner.check_password("even better words")
    assert admin.get("/").status_code == 200, "still signed in"


def test_a_token_is_shown_once(admin):
    page = admin.post("/settings/tokens/", {"name": "laptop"})
    secret = re.search(r"[\w-]{40,}", re.sub(r"<[^>]*csrf[^>]*>", "", page.content.decode()))
    assert secret
    assert secret[0] not in admin.get("/settings/").content.decode()
