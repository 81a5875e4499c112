"""What a person can ask about remixes."""

import secrets
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.files.models import Track
from apps.jobs import services as jobs
from apps.remixes.models import Remix

BEATS = range(8, 1025)
SONGS = range(1, 51)
SEED_LIMIT = 2**31


@transaction.atomic
def request_remix(
    *,
    owner,
    tracks: Sequence[Track],
    beats: int = 64,
    jump_rate: float = 0.5,
    seed: int | None = None,
    title: str = "",
) -> Remix:
    """Ask for a remix of some songs."""
    _check(tracks, beats, jump_rate, seed)
    seed = secrets.randbelow(SEED_LIMIT) if seed is None else seed
    remix = Remix(
        owner=owner,
        title=(title or _title(tracks))[:255],
        parameters={"beats": beats, "jump_rate": jump_rate, "seed": seed},
    )
    remix.job = jobs.enqueue(
        kind="remix", owner=owner, label=f"Remix “{remix.title}”", page=f"/remixes/{remix.pk}/"
    )
    remix.save(force_insert=True)
    remix.tracks.set(tracks)
    return remix


def _check(tracks: Sequence[Track], beats: int, jump_rate: float, seed: int | None) -> None:
    problems = {}
    if len(tracks) not in SONGS:
        problems["files"] = f"Choose {SONGS.start} to {SONGS.stop - 1} songs."
    if unready := [track.title for track in tracks if not track.is_ready]:
        problems["files"] = f"“{unready[0]}” cannot be read yet, so it cannot be remixed."
    if beats not in BEATS:
        problems["beats"] = f"A remix has {BEATS.start} to {BEATS.stop - 1} beats."
    if not 0.0 <= jump_rate <= 1.0:
        problems["jump_rate"] = "How often to jump is a number from 0 to 1."
    if seed is not None and not 0 <= seed < SEED_LIMIT:
        problems["seed"] = f"The seed is a whole number from 0 to {SEED_LIMIT - 1}."
    if problems:
        raise ValidationError(problems)


def _title(tracks: Sequence[Track]) -> str:
    names = [track.title for track in tracks]
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return " × ".join(names[:2]) + more


@transaction.atomic
def delete_remix(remix: Remix) -> None:
    """Remove a remix; its work stops, its bytes go with the next sweep."""
    if remix.job and remix.job.is_active:
        jobs.cancel_job(remix.job)
    remix.delete()
