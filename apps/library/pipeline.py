"""What a worker does to fill an empty library."""

from apps.files import blobs
from apps.files.services import store_file
from apps.jobs.models import Job
from audio import compose


def compose_demo(job: Job) -> None:
    """Compose the demo songs and take them in as if they had been uploaded."""
    with blobs.scratch() as folder:
        songs = compose.write_demo(folder)
        for number, path in enumerate(songs):
            job.report(number / len(songs))
            store_file(owner=job.owner, path=path, name=path.name)
