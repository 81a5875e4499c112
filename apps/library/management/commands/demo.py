"""`manage.py demo`: something to look at: three songs, tagged, unmixed and remixed."""

import time
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string
from tqdm import tqdm

from apps.accounts import services as accounts
from apps.files.models import Track
from apps.jobs import runner
from apps.jobs.models import Job
from apps.jobs.worker import worker_name
from apps.library import services
from apps.remixes.models import Remix
from apps.remixes.services import request_remix
from apps.separation.services import request_separation

ALBUM = "Demo songs"
SEED = 1
BAR = "{desc}: {percentage:.0f}%|{bar}|"


class Command(BaseCommand):
    help = "Compose three short songs and run the whole chain on them."

    def handle(self, **options) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        owner = accounts.ensure_owner()
        _finish([services.add_demo(owner=owner)])
        songs = list(Track.objects.owned_by(owner).filter(album=ALBUM).order_by("title"))
        _finish(song.job for song in songs)
        for song in songs:
            song.refresh_from_db()
        separations = [request_separation(track=song, owner=owner) for song in songs]
        _finish(separation.stem_set.job for separation in separations)
        _finish([_remix(owner, songs).job])
        self.stdout.write(f"{len(songs)} songs, their stems and a remix are in {owner}'s library.")


def _remix(owner, songs: list[Track]) -> Remix:
    """The same remix when the command is called again."""
    parameters: dict[str, Any] = {"beats": 64, "jump_rate": 0.5, "seed": SEED}
    known = Remix.objects.owned_by(owner).filter(parameters=parameters, tracks__in=songs).first()
    return known or request_remix(owner=owner, tracks=songs, title="Demo remix", **parameters)


def _finish(jobs: Iterable[Job | None]) -> None:
    """Work on these until they are over, beside whatever workers are running."""
    for job in filter(None, jobs):
        with tqdm(desc=job.label, total=100, bar_format=BAR, disable=None) as bar:
            while job.is_active:
                _work_or_wait(job)
                job.refresh_from_db()
                bar.update(round(job.progress * 100) - bar.n)
        if job.state != Job.State.DONE:
            raise CommandError(f"{job.label}: {job.error or job.state}")


def _work_or_wait(job: Job) -> None:
    """Do the next job of its queue here; wait a moment when a worker has it already."""
    mine = Job.claim_next(job.queue, worker_name())
    if mine is None:
        time.sleep(0.5)
        return
    runner.run(mine, import_string(settings.JOB_KINDS[mine.kind]["pipeline"]))
