"""`manage.py check_storage`: bytes that no row knows, and rows whose bytes are not there."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat
from tqdm import tqdm

from apps.files import revival, storage_check
from apps.files.models import Blob
from apps.files.storage_check import Findings
from apps.files.stored import Unreachable, place
from apps.files.tasks import remove_unused_blobs
from apps.library import mending

ABSENT = (
    "Most of what should be in {alias} is not there. Is the disk mounted, is it the right bucket? "
    "Nothing was changed; --even-so repairs all the same."
)


class Command(BaseCommand):
    help = "List bytes without a row and rows without their bytes; exit 1 if something is wrong."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--deep", action="store_true", help="read everything, compare digests")
        parser.add_argument(
            "--repair", action="store_true", help="remove the former, mend the latter"
        )
        parser.add_argument(
            "--even-so", action="store_true", help="repair although most of it is missing"
        )

    def handle(self, *, deep: bool, repair: bool, even_so: bool, **options) -> None:
        wrong = self._unknown_storages()
        for alias in sorted({"local", "s3"} & set(settings.STORAGES)):
            found = self._check(alias, deep=deep)
            trouble = self._tell(found)
            if repair and found.looks_absent and not even_so:
                self.stderr.write(ABSENT.format(alias=alias))
            elif repair:
                self._repair(found)
                trouble = 0
            wrong += trouble
        if repair:
            remove_unused_blobs()
        if wrong:
            raise CommandError(f"{wrong} things are wrong; --repair mends what can be mended.")
        self.stdout.write("All is well.")

    def _unknown_storages(self) -> int:
        rows = Blob.objects.exclude(storage__in=settings.STORAGES)
        for alias in rows.values_list("storage", flat=True).distinct().order_by("storage"):
            count = rows.filter(storage=alias).count()
            self.stdout.write(f"{alias}: holds {count} blobs, but is not configured.")
        return rows.count()

    def _check(self, alias: str, *, deep: bool) -> Findings:
        total = Blob.objects.filter(storage=alias).count()
        with tqdm(desc=alias, total=total, unit="blob", disable=None) as bar:
            try:
                return storage_check.check(alias, deep=deep, seen=bar.update)
            except Unreachable as error:
                raise CommandError(str(error)) from error

    def _tell(self, found: Findings) -> int:
        """Print what was found; returns how much of it is wrong and not known yet."""
        for stray in found.strays:
            self.stdout.write(f"no row: {found.alias} {stray.key} {filesizeformat(stray.size)}")
        for upload in found.unfinished:
            self.stdout.write(f"never finished: {found.alias} {upload.object_key}")
        for word, blobs in (("gone", found.lost), ("damaged", found.damaged)):
            for blob in blobs:
                known = " (its owners have been told)" if revival.is_mourned(blob) else ""
                self.stdout.write(f"{word}: {found.alias} {blob}{known}")
        new = [blob for blob in found.lost + found.damaged if not revival.is_mourned(blob)]
        return len(found.strays) + len(found.unfinished) + len(new)

    def _repair(self, found: Findings) -> None:
        for stray in found.strays:
            place(found.alias).delete(stray.key)
            self.stdout.write(f"removed: {stray.key}")
        for upload in found.unfinished:
            upload.abort()
        for blob in found.lost + found.damaged:
            for done in mending.mend(blob):
                self.stdout.write(f"{blob}: {done}")
