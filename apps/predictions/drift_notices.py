"""Telling people of an alarm: by e-mail, and by a signed request to an address of theirs.

Each alarm is told once by each channel. What fails is tried again for some hours.
"""

import json
from datetime import datetime, timedelta
from http import HTTPStatus
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.db.models import QuerySet
from django.utils.timezone import now

from apps.accounts.models import User
from apps.files.outgoing import OutgoingRefused, post_bytes
from apps.files.signed import signed_headers
from apps.jobs import services as jobs
from apps.jobs.models import Cancelled, Job
from apps.predictions.models import DriftLog, DriftNotice
from audio.errors import AudioError

UNHURRIED = -10  # nobody waits for it in front of a screen
FIRST_WAIT = timedelta(minutes=2)  # and each further one is twice as long
NAMED = 5  # columns that a message names


class NotTold(AudioError):
    """A message did not arrive."""

    code = "not_told"


# -- asking for it -------------------------------------------------------------------------------


def request(alarm: DriftLog) -> None:
    """Have people told of an alarm, by each channel that is set up."""
    admin = _staff().filter(role=User.Role.ADMIN).first()
    if admin is None:  # there is nobody whose job it could be
        return
    for channel in _channels():
        job = jobs.enqueue(
            kind="notify",
            owner=admin,
            label=f"Tell of drift by {channel}",
            page="/drift/",
            priority=UNHURRIED,
        )
        DriftNotice.objects.create(
            alarm=alarm, channel=channel, job=job, tries=1, next_at=now() + FIRST_WAIT
        )


def try_again() -> None:
    """Queue what did not arrive, each time after twice the time."""
    failed = DriftNotice.objects.filter(
        sent_at=None, job__state=Job.State.FAILED, tries__lt=DriftNotice.TRIES
    )
    for notice in failed.filter(next_at__lte=now()).select_related("job"):
        wait = FIRST_WAIT * 2**notice.tries
        mine = DriftNotice.objects.filter(pk=notice.pk, tries=notice.tries)
        if notice.job and mine.update(tries=notice.tries + 1, next_at=now() + wait):
            jobs.retry_job(notice.job)


def _channels() -> list[str]:
    mail = settings.EMAIL_HOST and _addresses()
    wanted = {DriftNotice.Channel.MAIL: mail, DriftNotice.Channel.WEBHOOK: settings.DRIFT_WEBHOOK}
    return [channel for channel, there in wanted.items() if there]


def _staff() -> QuerySet[User]:
    roles = [User.Role.ADMIN, User.Role.STAFF]
    return get_user_model().objects.filter(is_active=True, role__in=roles).order_by("pk")


def _addresses() -> list[str]:
    return list(_staff().exclude(email="").values_list("email", flat=True))


# -- doing it ------------------------------------------------------------------------------------


def send(job: Job) -> None:
    """Send one message, unless it has been sent."""
    notice = DriftNotice.objects.select_related("alarm").filter(job=job, sent_at=None).first()
    if notice is None:
        raise Cancelled
    if notice.channel == DriftNotice.Channel.MAIL:
        _mail(notice.alarm)
    else:
        _post(notice.alarm)
    DriftNotice.objects.filter(pk=notice.pk).update(sent_at=now())


def _mail(alarm: DriftLog) -> None:
    named = "\n".join(
        f"- {driver['name']}: {driver['difference']:+.1f} standard deviations"
        for driver in alarm.drivers[:NAMED]
    )
    text = f"{sentence(alarm)}\n\n{named}\n\n{alarm.power}\n\nSee, hear and decide: {_page()}\n"
    try:
        send_mail(f"Audiophile: drift in {alarm.watch_id}", text, None, _addresses())
    except (SMTPException, OSError) as error:
        raise NotTold(f"The mail server does not take the message: {error}") from error


def _post(alarm: DriftLog) -> None:
    content = json.dumps(message(alarm)).encode()
    headers = signed_headers(settings.DRIFT_SECRET, content)
    try:
        status = post_bytes(settings.DRIFT_WEBHOOK, content, headers)
    except OutgoingRefused as refusal:
        raise NotTold(str(refusal)) from refusal
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise NotTold(f"The address for notices answered {status}.")


def sentence(alarm: DriftLog) -> str:
    """What an alarm says, for people."""
    return (
        f"What arrived from {_day(alarm.window_start)} to {_day(alarm.window_end)} in"
        f" {alarm.watch_id} is not what arrived before: p = {alarm.p:.2g}, most by"
        f" {alarm.measure} (effect {alarm.effect:.2f})."
    )


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"


def message(alarm: DriftLog) -> dict:
    """The same for machines; `id` tells a message from its repetition."""
    return {
        "event": "drift",
        "id": str(alarm.pk),
        "stream": alarm.watch_id,
        "cause": alarm.cause,
        "sentence": sentence(alarm),
        "measure": alarm.measure,
        "statistic": alarm.statistic,
        "p": alarm.p,
        "effect": alarm.effect,
        "reference_units": alarm.reference_units,
        "window_units": alarm.window_units,
        "drivers": alarm.drivers[:NAMED],
        "songs": alarm.songs,
        "at": alarm.created_at.isoformat(),
        "page": _page(),
    }


def _page() -> str:
    return f"{settings.BASE_URL or settings.LOCAL_URL}/drift/"
