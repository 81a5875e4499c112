"""Callbacks: told how it ended, signed, once, and again where nobody answered."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import now

from apps.jobs.models import Job
from apps.separation import callback_sending, services
from apps.separation.callback_models import TRIES
from apps.separation.models import Callback, Delivery, Separation, StemSet
from apps.separation.tasks import forget_unused, tell
from tests.separation.receiver import Receiver, receiving

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings):
    settings.OUTGOING_ALLOW = ["127.0.0.1"]
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def ask(api, ready, receiver):
    """Asks for the stems of a song, and to be told."""
    track = ready()

    def ask(url="", data=None, client=None, file=None):
        callback = {"url": url or receiver.url, "data": data}
        wish = {"file": str((file or track).pk), "callback": callback}
        answer = (client or api).post("/api/separations", wish, format="json")
        assert answer.status_code == 202, answer.json()
        return answer.json()

    return ask


def make_due() -> None:
    """The time of the next try has come."""
    Delivery.objects.filter(state=Delivery.State.WAITING).update(next_at=now())


# -- what is told --------------------------------------------------------------------------------


def test_who_asked_is_told_when_the_stems_are_there(ask, separate_all, receiver, api):
    asked = ask(data={"order": 7})
    tell()
    assert receiver.heard == [], "it goes on"
    separate_all()
    tell()
    (heard,) = receiver.heard
    said = heard.said
    assert (said["state"], said["separation"], said["data"]) == ("done", asked["id"], {"order": 7})
    assert (said["delivery"], said["error"]) == (heard.number, None)
    assert set(said["links"]["stems"]) == {"drums", "bass", "other"}
    for link in [*said["links"]["stems"].values(), said["links"]["zip"]]:
        assert api.get(link).status_code == 200
    tell()
    assert len(receiver.heard) == 1, "once"


def test_the_receiver_can_tell_a_forged_message(ask, separate_all, receiver):
    secret = ask()["callback"]["secret"]
    separate_all()
    tell()
    (heard,) = receiver.heard
    assert heard.is_signed_with(secret)
    assert not heard.is_signed_with(secret[::-1])
    forged = type(heard)(heard.headers, heard.body.replace(b"done", b"gone"), heard.at)
    assert not forged.is_signed_with(secret)


def test_each_receiver_of_each_person_has_a_secret_of_its_own(ask, receiver, their_api, ready):
    first = ask()["callback"]["secret"]
    assert ask(url=f"{receiver.url}?song=2")["callback"]["secret"] == first
    assert ask(url=f"{receiver.url}/elsewhere")["callback"]["secret"] != first
    theirs = ready(client=their_api)
    assert ask(client=their_api, file=theirs)["callback"]["secret"] != first


def test_who_asked_is_told_when_it_failed(ask, separate_all, receiver, settings):
    ask()
    for path in settings.MEDIA_ROOT.rglob("*.wav"):
        path.write_bytes(b"no sound at all" * 99)
    separate_all()
    tell()
    (heard,) = receiver.heard
    assert (heard.said["state"], heard.said["links"]) == ("failed", {})
    assert heard.said["error"]["code"] and heard.said["error"]["message"].endswith(".")


def test_who_asked_is_told_when_it_was_cancelled(ask, receiver, api):
    job = ask()["job"]["id"]
    api.post(f"/api/jobs/{job}/cancel")
    tell()
    assert [heard.said["state"] for heard in receiver.heard] == ["cancelled"]


def test_who_asked_is_told_when_it_was_deleted(ask, receiver, api):
    separation = ask()["id"]
    api.delete(f"/api/separations/{separation}")
    tell()
    assert [heard.said["state"] for heard in receiver.heard] == ["cancelled"]
    Callback.objects.update(created_at=now() - timedelta(days=31))
    forget_unused()
    assert not Callback.objects.exists()


def test_what_is_tried_again_is_told_again(ask, separate_all, receiver, api):
    job = ask()["job"]["id"]
    api.post(f"/api/jobs/{job}/cancel")
    api.post(f"/api/jobs/{job}/retry")
    separate_all()
    tell()
    assert sorted(heard.said["state"] for heard in receiver.heard) == ["cancelled", "done"]


def test_asking_twice_is_told_once(ask, separate_all, receiver):
    ask(data="same")
    ask(data="same")
    ask(data="other")
    separate_all()
    ask(data="same")
    tell()
    assert sorted(heard.said["data"] for heard in receiver.heard) == ["other", "same"]


def test_who_asks_for_what_is_there_already_is_told_at_once(
    ask, separate_all, receiver, their_api, ready
):
    ask(data="first")
    separate_all()
    ask(client=their_api, file=ready("theirs.wav", client=their_api), data="second")
    assert Job.objects.filter(kind="separate").count() == 1
    tell()
    assert sorted(heard.said["data"] for heard in receiver.heard) == ["first", "second"]


def test_what_another_made_is_told_without_their_words(
    ask, separate_all, receiver, their_api, ready, settings
):
    ask(data="first")
    ask(client=their_api, file=ready("theirs.wav", client=their_api), data="second")
    for path in settings.MEDIA_ROOT.rglob("*.wav"):
        path.write_bytes(b"no sound at all" * 99)
    separate_all()
    tell()
    words = {heard.said["data"]: heard.said["error"]["message"] for heard in receiver.heard}
    assert words["first"] and not words["second"]


def test_who_cancels_what_others_wait_for_is_told_of_its_end(
    ask, separate_all, receiver, their_api, ready, api
):
    job = ask(data="first")["job"]["id"]
    ask(client=their_api, file=ready("theirs.wav", client=their_api), data="second")
    api.post(f"/api/jobs/{job}/cancel")
    tell()
    assert receiver.heard == [], "it goes on for the other"
    separate_all()
    tell()
    assert sorted(heard.said["state"] for heard in receiver.heard) == ["done", "done"]


def test_an_end_that_nobody_told_of_is_found(ask, receiver):
    """A worker was killed after the stems were there, and before the job was over."""
    ask()
    StemSet.objects.update(completed_at=now())
    tell()
    assert [heard.said["state"] for heard in receiver.heard] == ["done"]


# -- that it arrives -----------------------------------------------------------------------------


def test_a_receiver_that_is_down_is_told_later(ask, separate_all, receiver, settings):
    settings.CALLBACK_WAIT = 15
    receiver.status = 503
    ask()
    separate_all()
    waits = []
    for _ in range(4):
        make_due()
        tell()
        delivery = Delivery.objects.get()
        waits.append(round((delivery.next_at - now()).total_seconds()))
    assert waits == [15, 30, 60, 120]
    assert "503" in delivery.problem and delivery.state == Delivery.State.WAITING
    receiver.status = 200
    make_due()
    tell()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries, delivery.problem) == ("delivered", 5, "")
    assert {heard.number for heard in receiver.heard} == {str(delivery.pk)}


def test_what_never_arrives_is_given_up_and_can_be_sent_again(ask, separate_all, receiver, api):
    receiver.status = 500
    separation = ask()["id"]
    separate_all()
    for _ in range(TRIES + 2):
        make_due()
        tell()
    assert len(receiver.heard) == TRIES
    (row,) = api.get(f"/api/separations/{separation}/deliveries").json()["results"]
    assert (row["state"], row["tries"], row["next_at"]) == ("given up", TRIES, None)
    receiver.status = 204
    again = api.post(f"/api/separations/{separation}/deliveries/{row['id']}/resend")
    assert (again.status_code, again.json()["state"]) == (202, "waiting")
    tell()
    (row,) = api.get(f"/api/separations/{separation}/deliveries").json()["results"]
    assert (row["state"], row["status"]) == ("delivered", 204)
    assert receiver.heard[-1].number == row["id"] == receiver.heard[0].number


def test_of_two_workers_one_sends_it(ask, separate_all):
    ask()
    separate_all()
    seen_by_the_other = Delivery.objects.select_related("callback").get()
    assert len(Delivery.claim(8)) == 1
    assert Delivery.claim(8) == []
    assert not seen_by_the_other._taken(), "the other had read it before it was taken"


def test_what_a_killed_worker_had_taken_comes_again(ask, separate_all, receiver):
    ask()
    separate_all()
    (taken,) = Delivery.claim(8)
    tell()
    assert receiver.heard == [], "it may still be at it"
    make_due()
    tell()
    assert [heard.number for heard in receiver.heard] == [str(taken.pk)]
    taken.failed("This worker had not been dead after all.")
    assert Delivery.objects.get().state == Delivery.State.DELIVERED


def test_a_receiver_that_hangs_holds_nobody_up(ask, separate_all, receiver, monkeypatch):
    monkeypatch.setattr(callback_sending, "SECONDS", 0.6)
    with receiving() as fine:
        receiver.slow.set()
        ask(data="one")
        ask(data="two")
        ask(url=fine.url)
        separate_all()
        monkeypatch.setattr(callback_sending, "AT_ONCE", 1)
        for _ in range(3):
            tell()
        assert len(fine.heard) == 1
        assert len(receiver.heard) == 1, "the second waits: this receiver is spared for a moment"
    assert "too long" in Delivery.objects.get(tries=1, delivered_at=None).problem


def test_a_redirect_is_not_followed(ask, separate_all, receiver):
    with receiving() as other:
        receiver.status, receiver.location = 307, other.url
        ask()
        separate_all()
        tell()
        assert len(receiver.heard) == 1 and other.heard == []
    assert "307" in Delivery.objects.get().problem


def test_who_is_gone_is_not_asked_again(ask, separate_all, receiver):
    receiver.status = 410
    ask()
    separate_all()
    tell()
    assert Delivery.objects.get().state == Delivery.State.GIVEN_UP


# -- where it goes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/", "http://localhost/", "http://[::1]/", "http://2130706433/",
        "http://169.254.169.254/latest/meta-data", "https://10.0.0.1/", "ftp://example.org/",
        "not an address", "http://",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused(url, api, ready):
    wish = {"file": str(ready().pk), "callback": {"url": url}}
    answer = api.post("/api/separations", wish, format="json")
    assert answer.status_code == 400
    assert "url" in answer.json()["error"]["fields"]["callback"]
    assert not Separation.objects.exists()


def test_a_name_that_turns_out_not_to_be_public_is_given_up(ask, separate_all, receiver, settings):
    ask()
    settings.OUTGOING_ALLOW = []
    separate_all()
    tell()
    delivery = Delivery.objects.get()
    assert (delivery.state, receiver.heard) == (Delivery.State.GIVEN_UP, [])
    assert "not on the open internet" in delivery.problem


@pytest.mark.parametrize("data", [f'"{"x" * 20_000}"', r'"\u0000"', r'"\ud800"', "1e999"], ids=len)
def test_data_that_cannot_be_kept_is_refused(data, ready, api):
    callback = f'{{"url": "https://example.org/", "data": {data}}}'
    body = f'{{"file": "{ready().pk}", "callback": {callback}}}'
    answer = api.post("/api/separations", body, content_type="application/json")
    assert answer.status_code == 400
    assert "data" in answer.json()["error"]["fields"]["callback"]


# -- who sees it ---------------------------------------------------------------------------------


def test_a_stranger_sees_no_deliveries_and_sends_none(ask, separate_all, their_api):
    separation = ask()["id"]
    separate_all()
    delivery = Delivery.objects.get()
    assert their_api.get(f"/api/separations/{separation}/deliveries").status_code == 404
    path = f"/api/separations/{separation}/deliveries/{delivery.pk}/resend"
    assert their_api.post(path).status_code == 404


def test_a_delivery_that_is_not_there_is_not_sent(ask, api):
    separation = ask()["id"]
    for number in (separation, "-" * 36):
        path = f"/api/separations/{separation}/deliveries/{number}/resend"
        assert api.post(path).status_code == 404


def test_an_admin_sees_them_and_sends_them_again(ask, separate_all, receiver, client, owner):
    ask()
    separate_all()
    tell()
    client.force_login(owner)
    assert client.get(reverse("admin:separation_callback_changelist")).status_code == 200
    page = reverse("admin:separation_delivery_changelist")
    assert receiver.url in client.get(page).content.decode()
    chosen = [str(Delivery.objects.get().pk)]
    client.post(page, {"action": "send_again", "_selected_action": chosen})
    tell()
    assert len(receiver.heard) == 2
    assert len({heard.number for heard in receiver.heard}) == 1


def test_a_service_can_be_followed_without_the_web(ready, owner, receiver: Receiver, separate_all):
    callback = {"url": receiver.url, "data": None}
    services.request_separation(track=ready(), owner=owner, callback=callback)
    separate_all()
    tell()
    assert len(receiver.heard) == 1
