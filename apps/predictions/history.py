"""The generations of a song's predictions: what changed from one to the next, and the way back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet

from apps.files.models import Track
from apps.jobs.models import Job
from apps.predictions import reading
from apps.predictions.lanes import about
from apps.predictions.models import PredictionModel, PredictionSet, Reference

ADDED, REMOVED = "added", "removed"
VERSION, PARAMETERS, BYTES = "version", "parameters", "bytes"
SHOWN = 20  # on a page; the API has them all
Side = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """What is different about one model, and what it says now."""

    model: str
    before: PredictionSet | None
    after: PredictionSet | None

    @property
    def what(self) -> list[str]:
        """The causes, as the API names them."""
        if self.before is None or self.after is None:
            return [ADDED if self.before is None else REMOVED]
        pairs = {
            VERSION: (self.before.model.version, self.after.model.version),
            PARAMETERS: (self.before.parameters_key, self.after.parameters_key),
            BYTES: (self.before.sha256, self.after.sha256),
        }
        return [what for what, (old, new) in pairs.items() if old != new]

    @property
    def says_otherwise(self) -> bool:
        return said(self.before) != said(self.after)

    @property
    def sentence(self) -> str:
        """Why, and what came of it, for people."""
        return f"{about(self.model).title}: {self._why()}{self._outcome()}."

    def _why(self) -> str:
        if self.before is None or self.after is None:
            return "heard for the first time" if self.before is None else "no longer heard"
        reasons = {
            VERSION: f"version {self.after.model.version}, not {self.before.model.version}",
            PARAMETERS: f"asked with other parameters ({self._parameters()})",
            BYTES: "the file has other bytes",
        }
        return ", ".join(reasons[what] for what in self.what)

    def _parameters(self) -> str:
        old = self.before.parameters if self.before else {}
        new = self.after.parameters if self.after else {}
        names = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
        return ", ".join(f"{_spoken(name)}: {new.get(name, 'none')}" for name in names)

    def _outcome(self) -> str:
        old, new = said(self.before), said(self.after)
        if self.before is None:
            return f"; it says {new}" if new else "; it says nothing"
        if self.after is None:
            return f"; it said {old}" if old else ""
        if old == new:
            return f"; it still says {new}" if new else "; it still says nothing"
        return f"; it says {new or 'nothing'} where it said {old or 'nothing'}"

    @property
    def windows(self) -> list[dict[str, Any]]:
        """Those of the same second in which another label was heard."""
        if self.before is None or self.after is None:
            return []
        old, new = _labels(self.before), _labels(self.after)
        return [
            {"start": start, "before": old[start], "after": new[start]}
            for start in sorted(old.keys() & new.keys())
            if old[start] != new[start]
        ]


@dataclass(frozen=True)
class Generation:
    """A reference, and what it changed."""

    reference: Reference
    current: bool
    changes: list[Change]
    first: bool  # of those that are kept

    @property
    def asked(self) -> list[PredictionSet]:
        """What was said, by whom."""
        return reading.in_order(self.reference.sets.all())

    @property
    def why(self) -> str:
        """For people, in a sentence."""
        if self.reference.cause == Reference.Cause.RESTORED:
            return "You went back to this one."
        if self.first:
            return "The first that is kept."
        return "The models had changed." if self.changes else "Nothing is different."


# -- reading -------------------------------------------------------------------------------------


def references(track: Track) -> QuerySet[Reference]:
    """Those that readers have seen, newest first, with what was said in short."""
    sets = Prefetch("sets", PredictionSet.objects.in_short())
    rows = Reference.objects.published().filter(track=track).select_related("current_of")
    return rows.order_by("-created_at", "-id").prefetch_related(sets)


def generations(track: Track) -> list[Generation]:
    """As a page shows them."""
    return told(track, list(references(track)[:SHOWN]))


def told(track: Track, page: Sequence[Reference]) -> list[Generation]:
    """Some references that follow each other, each against the one before it."""
    if not page:
        return []
    last = page[-1]
    older = Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, id__lt=last.pk)
    following = [*page[1:], references(track).filter(older).first()]
    return [_generation(now, before) for now, before in zip(page, following, strict=True)]


def _generation(reference: Reference, before: Reference | None) -> Generation:
    changed = changes(before, reference) if before else []
    return Generation(reference, is_current(reference), changed, before is None)


def is_current(reference: Reference) -> bool:
    return hasattr(reference, "current_of")


def changes(before: Reference, after: Reference) -> list[Change]:
    """What the second says otherwise, or says because of something else."""
    old, new = _by_model(before), _by_model(after)
    found = (Change(name, old.get(name), new.get(name)) for name in sorted({*old, *new}))
    return [change for change in found if change.before != change.after]


def _by_model(reference: Reference) -> dict[str, PredictionSet]:
    return {made.model.name: made for made in reference.sets.all()}


def said(made: PredictionSet | None) -> str:
    """In one word or number; empty where nothing is said."""
    if made is None:
        return ""
    return made.label or (f"{made.value:.1f} BPM" if made.value else "")


def _labels(made: PredictionSet) -> dict[float, str]:
    """By the second at which a window begins, what was heard in it."""
    if not made.words:
        return {}
    return dict(zip(made.starts, _best(made), strict=False))


def _best(made: PredictionSet) -> Iterator[str]:
    model = made.model
    for row in made.probabilities:
        named = zip(made.words, row, strict=False)
        label, confidence = max(named, key=lambda one: float(one[1]), default=("", 0.0))
        yield label if model.exclusive or confidence >= model.limit else ""


def _spoken(name: str) -> str:
    return name.replace("_", " ")


# -- going back ----------------------------------------------------------------------------------


@transaction.atomic
def restore(reference: Reference) -> None:
    """Go back to a generation; it stays until there are other models.

    One that is being made by today's models is called off: they would undo this.
    """
    if is_current(reference):
        return
    making = Reference.objects.in_the_making().filter(track=reference.track_id)
    for job in Job.objects.filter(reference__in=making):
        job.cancel()
    reference.restore(PredictionModel.objects.able().key())
