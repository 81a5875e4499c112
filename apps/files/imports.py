"""What a person can ask about recordings elsewhere: fetch one."""

from urllib.parse import unquote, urlsplit

from django.contrib.auth import get_user_model
from django.db import transaction

from apps.files.models import ImportWish
from apps.files.names import file_name
from apps.files.outgoing import clean_url
from apps.jobs import services as jobs
from apps.jobs.models import Job


@transaction.atomic
def request_import(*, owner, url: str) -> Job:
    """Have a recording fetched; while that runs, asking again gives the same job.

    Raises `OutgoingRefused` when this is no address of the web.
    """
    url = clean_url(url)
    get_user_model().objects.select_for_update().get(pk=owner.pk)  # one wish at a time
    running = Job.objects.active().filter(import_wish__owner=owner, import_wish__url=url)
    if job := running.first():
        return job
    job = jobs.enqueue(kind="import", owner=owner, label=f"Fetch {_called(url)}", page="/")
    ImportWish.objects.create(owner=owner, url=url, job=job)
    return job


def _called(url: str) -> str:
    parts = urlsplit(url)
    name = file_name(unquote(parts.path), otherwise="")
    return f"“{name}” from {parts.hostname}" if name else str(parts.hostname)
