"""What to do about bytes that are gone: have them made again, or say so kindly."""

from collections.abc import Callable
from pathlib import PurePosixPath

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Field, QuerySet

from apps.files import blobs, revival
from apps.files.models import Blob, Track
from apps.files.stored import place
from apps.jobs import services as jobs
from apps.jobs.models import Job
from apps.remixes.models import Remix
from apps.separation.models import StemSet
from apps.separation.services import request_separation

DAMAGED = "damaged/"
NO_REMIX = "The sound of this remix is gone, and so are the songs it was made of."


def mend(blob: Blob) -> list[str]:
    """Repair all that depends on bytes which are lost or damaged; says what was done."""
    if _refilled(blob):
        return ["put back from a copy of the same bytes"]
    if blobs.is_there(blob):
        _set_aside(blob)
    done = [said for step in STEPS if (said := step(blob))]
    done += _forget_the_rest(blob)
    if not revival.is_mourned(blob):
        _remove(blob)
    return done


def _set_aside(blob: Blob) -> None:
    """Keep damaged bytes under another name: they may be all that somebody has."""
    with blobs.local_copy(blob) as path:
        place(blob.storage).put(f"{DAMAGED}{PurePosixPath(blob.key).name}", path)
    place(blob.storage).delete(blob.key)


def _refilled(blob: Blob) -> bool:
    """From a blob with the same bytes, if there is one that is whole."""
    same = Blob.objects.filter(sha256=blob.sha256, storage__in=settings.STORAGES)
    for twin in same.exclude(pk=blob.pk):
        if blobs.is_there(twin) and blobs.stored_sha256(twin) == blob.sha256:
            with blobs.local_copy(twin) as path:
                blobs.replace(blob, path, blob.storage)
            return True
    return False


def _songs(blob: Blob) -> str:
    count = revival.lose(blob)
    return f"{count} songs are unreadable until they are uploaded again" if count else ""


def _derived(blob: Blob) -> str:
    """Waveforms, covers and copies for playing come with the next reading of the song."""
    songs = set()
    for name in ("waveform", "playable", "cover"):
        for track in Track.objects.filter(**{name: blob}):
            Track.objects.filter(pk=track.pk).update(**{name: None})
            songs.add(track.pk)
    readable = Track.objects.filter(pk__in=songs).exclude(problem=revival.GONE)
    for track in readable.select_related("owner"):
        revival.reread(track)
    return f"{len(songs)} songs are read again" if songs else ""


def _stems(blob: Blob) -> str:
    sets = list(StemSet.objects.filter(stems__blob=blob).distinct())
    for stem_set in sets:
        _unmix_again(stem_set)
    return "its stems are made again" if sets else ""


@transaction.atomic
def _unmix_again(stem_set: StemSet) -> None:
    """Empty the set; who wished for it gets it made again, if its engine is still here."""
    stem_set.stems.all().delete()
    stem_set.completed_at = stem_set.job = None
    stem_set.save(update_fields=["completed_at", "job"])
    for wish in stem_set.separations.select_related("track", "owner"):
        try:
            request_separation(
                track=wish.track,
                owner=wish.owner,
                engine=stem_set.engine,
                only=stem_set.asked,
                dtype=stem_set.dtype,
            )
        except ValidationError:  # unreadable itself, or of an engine that is gone
            continue


def _remixes(blob: Blob) -> str:
    remixes = Remix.objects.filter(blob=blob) | Remix.objects.filter(waveform=blob)
    for remix in list(remixes):
        _render_again(remix)
    return "its remix is rendered again" if remixes else ""


@transaction.atomic
def _render_again(remix: Remix) -> None:
    """The same recipe from the same seed, as long as the songs are there."""
    remix.blob = remix.waveform = None
    if remix.tracks.exists():
        page = f"/remixes/{remix.pk}/"
        label = f"Remix “{remix.title}” again"
        remix.job = jobs.enqueue(kind="remix", owner=remix.owner, label=label, page=page)
    elif remix.job:
        failed = {"state": Job.State.FAILED, "error_code": "lost", "error": NO_REMIX}
        Job.objects.filter(pk=remix.job.pk).update(**failed)
    remix.save(update_fields=["blob", "waveform", "job"])


STEPS: list[Callable[[Blob], str]] = [_songs, _derived, _stems, _remixes]


def _forget_the_rest(blob: Blob) -> list[str]:
    """Rows about nothing but these bytes (beats, copies in other formats) come when asked for."""
    done = []
    for relation in Blob._meta.related_objects:
        if relation.name in ("tracks", "renditions"):
            continue
        rows = relation.related_model._default_manager.filter(**{relation.field.name: blob})
        if rows.exists():
            _without(rows, relation.field)
            done.append(f"its {relation.related_model._meta.verbose_name} is forgotten")
    return done


def _without(rows: QuerySet, field: Field) -> None:
    if field.null:
        rows.update(**{field.name: None})
    else:
        rows.delete()


def _remove(blob: Blob) -> None:
    blob.refresh_from_db(fields=["created_at"])
    blobs.remove_unused(blob)
