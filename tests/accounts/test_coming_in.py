"""Links, passwords, tokens: who gets in, and who does not."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.timezone import now

from apps.accounts import services
from apps.accounts.models import SigninLink, Token, User

pytestmark = pytest.mark.django_db
PASSWORD = {"new_password1": "correct horse", "new_password2": "correct horse"}


@pytest.fixture
def link() -> str:
    return services.signin_link(services.ensure_owner())


def is_in(client) -> bool:
    return client.get("/").status_code == 200


def test_the_first_visit_asks_for_a_password_and_signs_in(client, link):
    assert b"Choose a password" in client.get(link).content
    client.post(link, PASSWORD)
    assert is_in(client)
    assert User.objects.get().check_password("correct horse")


def test_looking_at_a_link_does_not_spend_it(client, link):
    client.get(link)
    client.head(link)
    assert not is_in(client)
    client.post(link, PASSWORD)
    assert is_in(client)


def test_a_link_works_once(client, link):
    client.post(link, PASSWORD)
    client.post("/signout")
    assert client.get(link).status_code == 410
    assert client.post(link, PASSWORD).status_code == 410
    assert not is_in(client)


def test_a_link_expires(client, link):
    SigninLink.objects.update(expires_at=now() - timedelta(seconds=1))
    assert client.post(link, PASSWORD).status_code == 410


def test_a_weak_password_is_refused_and_the_link_kept(client, link):
    weak = {"new_password1": "password", "new_password2": "password"}
    assert client.post(link, weak).status_code == 200
    assert not is_in(client)
    client.post(link, PASSWORD)
    assert is_in(client)


def test_who_has_a_password_only_presses_the_button(client, owner):
    client.post(services.signin_link(owner))
    assert is_in(client)


def test_who_has_forgotten_the_password_sets_a_new_one_after_a_link(client, owner):
    client.post(services.signin_link(owner))
    new = {"new_password1": "a whole new word", "new_password2": "a whole new word"}
    assert client.post("/settings/", new).status_code == 302
    owner.refresh_from_db()
    assert owner.check_password("a whole new word")
    assert client.post("/settings/", new).status_code == 200, "from now on, the old one is asked"


def test_the_command_prints_a_link_that_works(client):
    out = StringIO()
    call_command("signin_link", stdout=out)
    path = out.getvalue().strip().partition("8000")[2]
    assert client.get(path).status_code == 200
    with pytest.raises(CommandError, match="nobody called"):
        call_command("signin_link", "nobody")


def test_secrets_are_not_kept(owner):
    _, secret = services.issue_token(user=owner, name="laptop")
    assert secret not in str(list(Token.objects.values()))


def test_a_token_opens_the_api_until_it_is_revoked(client, owner):
    token, secret = services.issue_token(user=owner, name="laptop")
    headers = {"authorization": f"Token {secret}"}
    assert client.get("/api/files", headers=headers).status_code == 200
    token.delete()
    refused = client.get("/api/files", headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "authentication_failed")


def test_a_token_of_somebody_who_left_opens_nothing(client, stranger):
    _, secret = services.issue_token(user=stranger, name="laptop")
    stranger.is_active = False
    stranger.save()
    headers = {"authorization": f"Token {secret}"}
    assert client.get("/api/files", headers=headers).status_code == 401


def test_tokens_are_made_and_revoked_from_a_shell(owner, client):
    out = StringIO()
    call_command("token", "make", "owner", "shell", stdout=out)
    headers = {"authorization": f"Token {out.getvalue().strip()}"}
    assert client.get("/api/files", headers=headers).status_code == 200
    call_command("token", "revoke", "owner", "shell")
    assert client.get("/api/files", headers=headers).status_code == 401


def test_a_session_needs_the_csrf_token_to_write(owner):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    assert client.post("/api/remixes", {}).status_code == 403
    assert client.post("/songs/demo/").status_code == 403


def test_another_host_name_is_refused(client):
    assert client.get("/signin", headers={"host": "evil.example"}).status_code == 400


def test_health_answers_whatever_the_host(client):
    assert client.get("/healthz", headers={"host": "10.0.0.1"}).status_code == 200
    waiting = client.get("/readyz", headers={"host": "10.0.0.1"})
    assert (waiting.status_code, waiting.json()["beat"]) == (503, "not heard of")
