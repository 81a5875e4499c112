"""Jobs on two workers of which one is killed every ten seconds; everything is restarted once."""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.rows import Row
from benchmarks.unmix_stage import Stage
from tests.server import wait_for

TITLE = "jobs whose workers are killed; the service we grew from lost a job with its worker"
JOBS = 40
SECONDS = 300.0  # for which workers are killed
EVERY = 10.0
LENGTH = 300.0  # seconds of each song
PATIENCE = 1800.0
LEFT = {
    "jobs not done": "SELECT count(*) FROM jobs_job WHERE kind = 'separate' AND state <> 'done'",
    "stem sets without exactly three stems": "SELECT count(*) FROM separation_stemset s WHERE "
    "(SELECT count(*) FROM separation_stem t WHERE t.stem_set_id = s.id) <> 3",
    "jobs more than songs": "SELECT (SELECT count(*) FROM jobs_job WHERE kind = 'separate') - "
    "(SELECT count(*) FROM separation_stemset)",
}
ORPHANS = """
from apps.files.models import Blob
print(Blob.objects.unused().count())
"""


def measure(data: Path, seconds: float = SECONDS) -> Iterator[Row]:
    """Run the product on a folder of its own; `data` is not needed. For less time, fewer jobs."""
    jobs = max(4, round(JOBS * seconds / SECONDS))
    with TemporaryDirectory() as folder:
        stage = Stage(Path(folder), [LENGTH] * jobs)
        tormentor = _Tormentor(stage)
        try:
            for song in range(jobs):
                stage.ask(song)
            tormentor.torment(seconds)
            tormentor.wait()
            yield from _counted(stage, tormentor, jobs)
        finally:
            tormentor.second.kill()
            tormentor.second.wait()
            stage.stop()


class _Tormentor:
    """Kills one of two heavy workers, then the other, and once restarts everything."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.second = stage, stage.second_worker()
        self.kills = self.in_the_middle = 0

    def torment(self, seconds: float) -> None:
        began, restarted = time.monotonic(), False
        while (passed := time.monotonic() - began) < seconds:
            self._look_after(EVERY)
            if not restarted and passed > seconds / 2:
                self._restart()
                restarted = True
            else:
                self._kill()

    def wait(self) -> None:
        """Until nothing is left to do; both workers live on."""
        deadline = time.monotonic() + PATIENCE
        active = "SELECT count(*) FROM jobs_job WHERE state IN ('queued', 'running')"
        while self.stage.number(active) and time.monotonic() < deadline:
            self._look_after(1.0)

    def _look_after(self, seconds: float) -> None:
        """Let so much time pass, in which the second worker is started again when it is dead."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.second.poll() is not None:
                self.second = self.stage.second_worker()
            time.sleep(0.1)

    def _kill(self) -> None:
        running = self.stage.rows("SELECT worker FROM jobs_job WHERE state = 'running'")
        if self.kills % 2:
            victim = self.second.pid
            self.second.kill()
            self.second.wait()
        else:
            worker = wait_for(lambda: self.stage.server.processes("heavy@"))[0]
            victim = worker.pid
            worker.kill()
        self.kills += 1
        self.in_the_middle += any(f":{victim}:" in worker for (worker,) in running)

    def _restart(self) -> None:
        """All processes at once: those that the supervisor keeps, and the second worker."""
        self.second.kill()
        self.second.wait()
        self.stage.server.stop()
        self.stage.server.start()


def _counted(stage: Stage, tormentor: _Tormentor, jobs: int) -> Iterator[Row]:
    what = f"{jobs} jobs, {tormentor.kills} kills, {tormentor.in_the_middle} of them in mid-job"
    done = "SELECT count(*) FROM jobs_job WHERE kind = 'separate' AND state = 'done'"
    yield Row(f"{what}: done", None, stage.number(done), "", f"{jobs} of {jobs}")
    for name, sql in LEFT.items():
        yield Row(f"… {name}", None, stage.number(sql), "", "0")
    orphans = float(stage.server.manage("shell", "-v", "0", "-c", ORPHANS))
    media = stage.data / "media"
    stored = {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}
    known = {key for (key,) in stage.rows("SELECT key FROM files_blob")}
    yield Row("… blobs that nothing refers to", None, orphans, "", "0")
    yield Row(
        "… files that no blob knows, or the reverse", None, float(len(stored ^ known)), "", "0"
    )
    scratch = [
        path for path in (stage.data / "scratch").iterdir() if path.name.startswith("stems-")
    ]
    yield Row("… checkpoints left behind", None, float(len(scratch)), "", "0")
