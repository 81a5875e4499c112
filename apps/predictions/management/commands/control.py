"""`manage.py control import|list`: songs whose genre is known, from a table."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from apps.predictions import control
from apps.predictions.models import ControlLabel, ControlScore


class Command(BaseCommand):
    help = "The control set: songs whose genre is known, by which the models are scored."

    def add_arguments(self, parser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        table = actions.add_parser("import", help="mark songs by a table of file,label")
        table.add_argument("path", type=Path, metavar="CSV")
        actions.add_parser("list", help="the songs that are marked, and the scores")

    def handle(self, *, action: str, **options: Any) -> None:
        try:
            getattr(self, f"_{action}")(**options)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['path']} cannot be read: {error}") from error

    def _import(self, path: Path, **options: Any) -> None:
        rows = control.read_table(path)  # all of it, before anything is marked
        for track, label in rows:
            control.mark(track, label)
        self.stdout.write(f"{len(rows)} songs are marked; the next look scores the models.")

    def _list(self, **options: Any) -> None:
        for row in ControlLabel.objects.select_related("track"):
            self.stdout.write(f"{row.track_id}\t{row.label}\t{row.track.title}")
        for score in ControlScore.objects.select_related("model"):
            self.stdout.write(
                f"{score.model}\t{score.accuracy:.1%} of {score.songs}\t{score.made_at:%Y-%m-%d}"
            )
