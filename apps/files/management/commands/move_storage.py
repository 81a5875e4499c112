"""`manage.py move_storage --to s3`: move the library to another storage, while it is in use."""

from collections.abc import Iterator

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.template.defaultfilters import filesizeformat
from tqdm import tqdm

from apps.files import blobs
from apps.files.models import Blob
from apps.files.stored import Unreachable

ALIASES = ["local", "s3"]
HINT = "New songs still go to {usual}; set AUDIOPHILE_STORAGE={to} before the move to change that."


class Command(BaseCommand):
    help = (
        "Move all stored bytes to another storage, each verified by its checksum. "
        "Stop it whenever you like; the next run goes on from there."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--to", required=True, choices=ALIASES)
        parser.add_argument("--from", dest="source", choices=ALIASES, help="default: all others")

    def handle(self, *, to: str, source: str | None, **options) -> None:
        if to not in settings.STORAGES:
            raise CommandError(f"There is no storage {to} yet: set AWS_S3_BUCKET.")
        rows = _to_move(to, source)
        size = sum(rows.values_list("size", flat=True))
        failed = self._move(rows, to, size)
        if to != settings.AUDIOPHILE_STORAGE:
            self.stderr.write(HINT.format(usual=settings.AUDIOPHILE_STORAGE, to=to))
        if failed:
            raise CommandError(f"{failed} could not be moved and are where they were.")
        self.stdout.write(f"All is in {to} ({filesizeformat(size)} moved).")

    def _move(self, rows: QuerySet, to: str, size: int) -> int:
        """Move them; returns how many could not be."""
        failed = 0
        with tqdm(total=size, unit="B", unit_scale=True, disable=None) as bar:
            for blob in _one_by_one(rows):
                try:
                    blobs.move(blob, to)
                except (OSError, Unreachable, blobs.Changed) as error:
                    failed += blobs.still_there(blob)
                    self.stderr.write(f"{blob}: {error}")
                bar.update(blob.size)
        return failed


def _to_move(to: str, source: str | None) -> QuerySet:
    rows = Blob.objects.exclude(storage=to).exclude(sha256=blobs.IN_TRANSIT)
    return rows.filter(storage=source) if source else rows


def _one_by_one(rows: QuerySet) -> Iterator[Blob]:
    """Each read just before its turn: an hour later it may be gone or moved."""
    done = 0
    while blob := rows.filter(pk__gt=done).order_by("pk").first():
        done = blob.pk
        yield blob
