"""Who is told of an alarm: by e-mail and by a signed request, once each."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core import mail
from django.utils.timezone import now

from apps.jobs.models import Job
from apps.predictions.models import DriftLog, DriftNotice
from apps.predictions.tasks import check_drift
from tests.predictions.arrivals import Shelf

pytestmark = pytest.mark.django_db
SECRET = "a shared secret"


class Ear(HTTPServer):
    """Hears requests and answers them with a status."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict, bytes]] = []
        self.status = 204
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *args) -> None:
        """Quietly."""


@pytest.fixture
def ear(settings) -> Iterator[Ear]:
    """Somebody who wants to be told."""
    server = Ear()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.DRIFT_WEBHOOK = f"http://127.0.0.1:{server.server_port}/hook/"
    settings.DRIFT_SECRET = SECRET
    settings.OUTGOING_ALLOW = ["127.0.0.1"]
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def shelf(owner) -> Shelf:
    shelf = Shelf(owner)
    shelf.add(60)
    return shelf


def alarm(shelf: Shelf) -> DriftLog:
    shelf.add(40, shift=4.0)
    check_drift()
    return DriftLog.objects.get()


def test_nobody_is_told_where_nothing_is_set_up(shelf):
    alarm(shelf)
    assert not DriftNotice.objects.exists() and not Job.objects.exists()


def test_the_request_is_signed_over_its_very_bytes(shelf, ear, work):
    raised = alarm(shelf)
    work()
    ((headers, body),) = ear.heard
    signed = headers["X-Audiophile-Timestamp"].encode() + b"." + body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-Audiophile-Signature"] == f"sha256={expected}"
    told = json.loads(body)
    assert (told["event"], told["id"], told["cause"]) == ("drift", str(raised.pk), "input")
    assert told["songs"] == raised.songs and told["page"].endswith("/drift/")


def test_of_one_cause_one_notice(shelf, ear, work):
    alarm(shelf)
    work()
    shelf.add(20, shift=4.0)
    check_drift()
    work()
    assert DriftLog.objects.get().times == 2 and len(ear.heard) == 1


def test_what_fails_is_tried_again_after_a_while(shelf, ear, work):
    ear.status = 503
    alarm(shelf)
    work()
    job = Job.objects.get()
    assert (job.state, job.error) == ("failed", "The address for notices answered 503.")
    check_drift()
    assert work() == 0, "not at once"
    DriftNotice.objects.update(next_at=now() - timedelta(seconds=1))
    ear.status = 200
    check_drift()
    assert work() == 1
    assert DriftNotice.objects.get().sent_at and len(ear.heard) == 2
    check_drift()
    assert work() == 0


def test_it_is_not_tried_for_ever(shelf, ear, work):
    ear.status = 500
    alarm(shelf)
    for _ in range(12):
        work()
        DriftNotice.objects.update(next_at=now() - timedelta(seconds=1))
        check_drift()
    assert len(ear.heard) == DriftNotice.TRIES


def test_an_address_that_is_not_public_is_not_asked(shelf, ear, work, settings):
    settings.OUTGOING_ALLOW = []
    alarm(shelf)
    work()
    assert Job.objects.get().state == "failed" and not ear.heard


def test_staff_are_told_by_mail(shelf, owner, stranger, django_user_model, settings, work):
    settings.EMAIL_HOST = "mail.test"
    owner.email = "owner@example.org"
    owner.save()
    django_user_model.objects.create_user("staff", email="staff@example.org", role="staff")
    stranger.email = "stranger@example.org"
    stranger.save()
    alarm(shelf)
    work()
    (sent,) = mail.outbox
    assert sorted(sent.to) == ["owner@example.org", "staff@example.org"]
    assert "column 0" in sent.body and "/drift/" in sent.body


def test_no_job_is_queued_without_an_admin(shelf, owner, ear):
    type(owner).objects.update(role="member")
    alarm(shelf)
    assert not Job.objects.exists()
