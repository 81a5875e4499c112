"""`manage.py models list|fetch|verify|remove|install|use`: weights and trained heads, by shell."""

from functools import partial
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from apps.predictions import catalogue, heads, serving
from audio import weights
from audio.errors import AudioError

SHIPPED = "shipped"


class Command(BaseCommand):
    help = "List, fetch, verify and remove pretrained weights; install trained heads and use them."

    def add_arguments(self, parser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="every file of weights, and every trained head")
        for name in ("fetch", "verify", "remove"):
            action = actions.add_parser(name, help=f"{name} files of weights; all of them: all")
            action.add_argument("names", nargs="+", metavar="NAME")
        install = actions.add_parser("install", help="take in what `python -m training` wrote")
        install.add_argument("folder", type=Path, metavar="DIR")
        use = actions.add_parser("use", help=f"put a trained head into service, or `{SHIPPED}`")
        use.add_argument("version", metavar="VERSION")

    def handle(self, *, action: str, **options: Any) -> None:
        try:
            getattr(self, f"_{action}")(**options)
        except (AudioError, catalogue.NoSuchWeights) as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error

    def _list(self, **options: Any) -> None:
        for row in catalogue.catalogue():
            size = f"{row['size'] / 2**20:.1f} MB" if row["size"] else "size unknown"
            self.stdout.write(f"{row['name']}\t{row['state']}\t{size}\t{row['licence']}")
        for head in heads.heads():
            state = "in service" if head.in_service_since else "not in service"
            self.stdout.write(f"{head.version}\t{state}")

    def _fetch(self, names: list[str], **options: Any) -> None:
        for name in catalogue.named(names):
            with tqdm(desc=name, total=1.0, disable=None) as bar:
                path = weights.fetch(name, partial(_show, bar))
            self.stdout.write(f"{name}: {path}")
        serving.todays_models()

    def _verify(self, names: list[str], **options: Any) -> None:
        for name in catalogue.named(names):
            self.stdout.write(catalogue.verify_weights(name))

    def _remove(self, names: list[str], **options: Any) -> None:
        for name in catalogue.named(names):
            self.stdout.write(catalogue.remove_weights(name))
        serving.todays_models()

    def _install(self, folder: Path, **options: Any) -> None:
        serving.require_models(folder)
        head = heads.install(folder)
        self.stdout.write(
            f"{head.version} is here. `manage.py models use {head.version}` uses it."
        )

    def _use(self, version: str, **options: Any) -> None:
        if version == SHIPPED:
            heads.put_shipped_into_service()
        else:
            heads.put_into_service(heads.called(version))
        self.stdout.write(f"New songs are heard by {version} now.")


def _show(bar: tqdm, done: float) -> None:
    bar.update(done - bar.n)
