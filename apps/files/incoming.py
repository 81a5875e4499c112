"""Objects that others put into the bucket, below `incoming/<username>/`: notice them.

Whoever notices (a notification of the bucket, or the sweep) only queues a look at what is there.
"""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_plus

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from apps.files.stored import place
from apps.jobs import services as jobs
from apps.jobs.models import Job

INCOMING = "incoming/"
REFUSED = "refused/"
NOT_UNDERSTOOD = "This is no notification of an S3 bucket."


def notice(event: Any) -> list[Job]:
    """Have the objects that an S3 event tells of collected."""
    keys = _created(event)
    return collect_of(key.split("/")[1] for key in keys if _names_a_person(key))


def sweep() -> list[Job]:
    """The same for objects that nobody told us of."""
    if "s3" not in settings.STORAGES:
        return []
    return collect_of(place("s3").folders(INCOMING))


def collect_of(usernames: Iterable[str]) -> list[Job]:
    """One look per person who is known here, however often it is asked for."""
    people = get_user_model().objects.filter(username__in=set(usernames), is_active=True)
    return [_request(person) for person in people]


def _request(owner) -> Job:
    waiting = Job.objects.owned_by(owner).filter(kind="collect", state=Job.State.QUEUED).first()
    return waiting or jobs.enqueue(
        kind="collect", owner=owner, label="Take in songs from the bucket", page="/"
    )


def _names_a_person(key: str) -> bool:
    return key.startswith(INCOMING) and key.count("/") >= 2


def _created(event: Any) -> list[str]:
    """The keys of new objects, from S3 and its likes, or as SNS wraps it."""
    try:
        if "Message" in event:
            event = json.loads(event["Message"])
        return [
            unquote_plus(record["s3"]["object"]["key"])
            for record in event.get("Records") or []
            if "ObjectCreated" in record["eventName"]
            and record["s3"]["bucket"]["name"] == settings.S3_BUCKET
        ]
    except (TypeError, AttributeError, KeyError, ValueError) as error:
        raise ValidationError(NOT_UNDERSTOOD) from error
