"""Takes in every file of a folder as an upload, does the work, and prints a line about each.

Run in a process of its own (`python -m tests.slow.hostile_worker FOLDER`), so that one that
crashes is seen. What has been dealt with is removed.
"""

import json
import resource
import shutil
import sys
import time
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402

from apps.accounts.services import ensure_owner  # noqa: E402
from apps.files.models import Track  # noqa: E402
from apps.files.services import store_file  # noqa: E402
from apps.jobs import runner  # noqa: E402
from apps.jobs.models import Job  # noqa: E402
from audio.errors import AudioError  # noqa: E402

MEGABYTE = 1024 if sys.platform == "linux" else 2**20


def main(folder: Path) -> None:
    """Take one after the other."""
    owner = ensure_owner()
    for path in sorted(folder.iterdir()):
        began = time.monotonic()
        outcome = taken_in(path, owner)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
        line = {"name": path.name, "outcome": outcome, "peak": round(peak)}
        say({**line, "seconds": round(time.monotonic() - began, 2)})
        path.unlink()


def taken_in(path: Path, owner) -> str:
    """Upload it and do all the work it makes; say how that went."""
    copy = settings.SCRATCH / "arrived"
    shutil.copy(path, copy)
    try:
        track, _ = store_file(owner=owner, path=copy, name=path.name)
        work()
    except AudioError as error:
        return error.code
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        refused = type(error).__module__.startswith("apps.")
        return f"refused: {error}" if refused else f"OURS {error!r}"
    finally:
        copy.unlink(missing_ok=True)
    track = Track.objects.get(pk=track.pk)
    return f"{track.state} {track.seconds:.1f} s"


def work() -> None:
    """Do everything that waits."""
    while job := Job.claim_next("fast", "hostile:1:1"):
        runner.run(job, import_string(settings.JOB_KINDS[job.kind]["pipeline"]))


def say(line: dict) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
