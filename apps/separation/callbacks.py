"""Telling whoever asked for it that a separation has ended.

A callback waits until the separation it belongs to is done, failed or cancelled; then, in the same
transaction, it waits no longer and a delivery is there. What is told is what the rows say, so that
it does not matter who looks first: the end of the job, or the beat after a crash in between.
"""

import json
import logging
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from kombu.exceptions import OperationalError

from apps.jobs.models import Job
from apps.separation.callback_models import Callback, Delivery
from apps.separation.models import Separation

logger = logging.getLogger(__name__)
DELIVER = "apps.separation.tasks.deliver"  # by name: the tasks import this


def follow(separation: Separation, url: str, data: Any = None) -> Callback:
    """Have an address told of the end; the same wish twice is told once.

    To be called when the work is queued already, if there is any.
    """
    callback, created = Callback.objects.get_or_create(
        separation=separation,
        digest=Callback.digest_of(url, data),
        defaults={"owner": separation.owner, "url": url, "data": data},
    )
    if created and separation.stem_set.is_complete:
        tell(callback)
    return callback


def expect(job: Job | None) -> None:
    """Stems are being made (again): all who asked to be told of them wait for the end."""
    if job:
        Callback.objects.of_job(job).update(waits=True)


def settle(job: Job) -> None:
    """Tell those who waited for this job, if its separations are over with it."""
    for callback in Callback.objects.of_job(job).untold():
        tell(callback)


def settle_all() -> None:
    """The same for everybody: a worker may have died between an end and its telling."""
    for callback in Callback.objects.untold():
        tell(callback)


@transaction.atomic
def tell(callback: Callback) -> None:
    """Write the message, unless somebody else has, or the work has begun again."""
    if not Callback.objects.filter(pk=callback.pk, waits=True).update(waits=False):
        return
    rows = Separation.objects.select_related("stem_set__job", "track")
    separation = rows.filter(callbacks=callback).first()
    if separation and separation.state in Job.ACTIVE:
        Callback.objects.filter(pk=callback.pk).update(waits=True)
    elif separation:
        _write(callback, separation, separation.state)


def leave(separation: Separation) -> None:
    """It is about to be deleted: those who wait for its end hear that it was cancelled."""
    for callback in separation.callbacks.filter(waits=True):
        if Callback.objects.filter(pk=callback.pk, waits=True).update(waits=False):
            state = separation.state
            over = state if state not in Job.ACTIVE else Job.State.CANCELLED
            _write(callback, separation, over)


def resend(delivery: Delivery) -> Delivery:
    """Send a message again, under the number it had."""
    delivery.resend()
    wake()
    delivery.refresh_from_db()
    return delivery


def wake() -> None:
    """Have a worker look for what is to be sent, once the rows stand."""
    transaction.on_commit(_say)


def _say() -> None:
    """Should the broker be away, the beat says it again."""
    try:
        current_app.send_task(DELIVER)
    except (OperationalError, OSError) as error:
        logger.warning("The broker does not answer: %s", error)


# -- what is told --------------------------------------------------------------------------------


def _write(callback: Callback, separation: Separation, outcome: str) -> None:
    delivery = Delivery(callback=callback, receiver=callback.receiver, outcome=outcome)
    delivery.content = json.dumps(_message(delivery, separation), ensure_ascii=False)
    delivery.save(force_insert=True)
    wake()


def _message(delivery: Delivery, separation: Separation) -> dict[str, Any]:
    """Which separation ended and how, with the way to the stems. `delivery` tells repeats."""
    return {
        "event": "separation",
        "delivery": str(delivery.pk),
        "separation": str(separation.pk),
        "file": str(separation.track_id),
        "title": separation.track.title,
        "engine": separation.stem_set.engine,
        "state": delivery.outcome,
        "error": separation.error,
        "data": delivery.callback.data,
        "links": _links(separation) if delivery.outcome == Job.State.DONE else {},
    }


def _links(separation: Separation) -> dict[str, Any]:
    """As the person who asked reaches them, with a token."""
    return {
        "separation": _link("separation-detail", separation.pk),
        "stems": {
            stem.name: _link("separation-stem", separation.pk, stem.name)
            for stem in separation.stems
        },
        "zip": _link("separation-zip", separation.pk),
    }


def _link(name: str, *arguments: Any) -> str:
    return (settings.BASE_URL or settings.LOCAL_URL) + reverse(f"api:{name}", args=arguments)
