"""The control set: songs whose genre is known, by which each version of the models is scored."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from apps.files.models import Track
from apps.predictions.models import (
    ControlLabel,
    ControlScore,
    PredictionModel,
    PredictionSet,
    Reference,
    digest,
)
from audio.accuracy import calibration_error, interval

GENRE = "genre"  # what the names of the models begin with that are scored
LEAST = 8  # characters of a checksum that name a song
COLUMNS = ("file", "label")


@dataclass(frozen=True)
class Known:
    """A song of the control set."""

    track_id: UUID
    sha256: str
    artist: str
    label: str


# -- marking -------------------------------------------------------------------------------------


def sayable() -> list[str]:
    """The genres that can be known: those that the models in use could say."""
    labels = _models().values_list("labels", flat=True)
    return sorted({label for row in labels for label in row})


def mark(track: Track, label: str, *, by=None) -> ControlLabel:
    """Write down what a song is known to be. Raises `ValidationError` for what is no genre."""
    fields = {"label": called(label), "marked_by": by}
    row, _ = ControlLabel.objects.update_or_create(track=track, defaults=fields)
    return row


def unmark(track: Track) -> bool:
    """Take a song out of the control set; False when it was not in it."""
    deleted, _ = ControlLabel.objects.filter(track=track).delete()
    return bool(deleted)


def called(label: str) -> str:
    """A genre as the models write it. Raises `ValidationError` when none of them says it."""
    wanted, known = label.strip().casefold(), sayable()
    for name in known:
        if name.casefold() == wanted:
            return name
    there = f"there are {', '.join(known)}" if known else "no model of genres is in use yet"
    raise ValidationError({"label": f"No model says “{label.strip()}”; {there}."})


def read_table(path: Path) -> list[tuple[Track, str]]:
    """Rows of `file,label`, a file being an id, a checksum or the name it was uploaded under.

    Raises `ValidationError` that names the first line which says nothing, or too much.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        if not set(COLUMNS) <= set(rows.fieldnames or ()):
            raise ValidationError(
                f"The first line of {path.name} must name {' and '.join(COLUMNS)}."
            )
        return [_row(number, row) for number, row in enumerate(rows, 2)]


def _row(number: int, row: dict[str, str | None]) -> tuple[Track, str]:
    file, label = ((row[name] or "").strip() for name in COLUMNS)
    found = list(_called(file)[:2])
    if len(found) != 1:
        many = "more than one file is" if found else "no file is"
        raise ValidationError(f"Line {number}: {many} called “{file}”.")
    try:
        return found[0], called(label)
    except ValidationError as error:
        raise ValidationError(f"Line {number}: {' '.join(error.messages)}") from error


def _called(file: str) -> QuerySet[Track]:
    """By id, by checksum or the beginning of one, or by name."""
    tracks = Track.objects.ready().filter(deleted_at=None)
    try:
        return tracks.filter(pk=UUID(file))
    except ValueError:
        digits = len(file) >= LEAST and set(file.lower()) <= set("0123456789abcdef")
        named = Q(filename=file)
        return tracks.filter(named | Q(sha256__startswith=file.lower()) if digits else named)


# -- scoring -------------------------------------------------------------------------------------


def score_what_is_done(key: str) -> list[ControlScore]:
    """Score today's models once all known songs have been heard by them."""
    known = list(_known())
    if not known or _unheard(key):
        return []
    labels_key = digest(sorted((song.sha256, song.label) for song in known))
    done = ControlScore.objects.filter(labels_key=labels_key)
    scored = set(done.values_list("model_id", "parameters_key"))
    missing = [row for row in _models() if (row.pk, row.parameters_key) not in scored]
    return [score for model in missing if (score := _score(model, known, labels_key))]


def _models() -> QuerySet[PredictionModel]:
    return PredictionModel.objects.able().filter(name__startswith=GENRE)


def _known() -> Iterator[Known]:
    rows = ControlLabel.objects.filter(track__state=Track.State.READY, track__deleted_at=None)
    fields = ("track_id", "track__sha256", "track__artist", "label")
    return (Known(*row) for row in rows.values_list(*fields))


def _unheard(key: str) -> bool:
    """Does one of them wait for today's models? Not those that they tried in vain."""
    waiting = ControlLabel.objects.filter(track__state=Track.State.READY, track__deleted_at=None)
    tried = Reference.objects.filter(models_key=key, abandoned_at__isnull=False)
    behind = waiting.exclude(track__current__models_key=key)
    return behind.exclude(track__in=tried.values("track")).exists()


def _score(model: PredictionModel, known: Iterable[Known], labels_key: str) -> ControlScore | None:
    """None where it had nothing to say of any of them; of two at once one is kept."""
    known = list({song.sha256: song for song in known}.values())
    said = _said(model, known)
    sayable = {label.casefold() for label in model.labels}
    heard = [song for song in known if song.sha256 in said and song.label.casefold() in sayable]
    if not heard:
        return None
    right = [said[song.sha256][0].casefold() == song.label.casefold() for song in heard]
    artists = len({song.artist.strip().casefold() or song.sha256 for song in heard})
    low, high = interval(sum(right) / len(right), artists)
    score, _ = ControlScore.objects.get_or_create(
        model=model,
        parameters_key=model.parameters_key,
        labels_key=labels_key,
        defaults={
            "parameters": model.parameters,
            "songs": len(heard),
            "left_out": len(known) - len(heard),
            "artists": artists,
            "accuracy": sum(right) / len(right),
            "low": low,
            "high": high,
            "calibration_error": calibration_error(
                [said[song.sha256][1] for song in heard], right
            ),
        },
    )
    return score


def _said(model: PredictionModel, known: list[Known]) -> dict[str, tuple[str, float]]:
    """By their bytes, what it says of them and how sure it is."""
    rows = PredictionSet.objects.filter(
        model=model,
        parameters_key=model.parameters_key,
        sha256__in=[song.sha256 for song in known],
    )
    found = rows.exclude(label="").values_list("sha256", "label", "confidence")
    return {sha256: (label, confidence) for sha256, label, confidence in found}
