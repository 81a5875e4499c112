"""What a worker does to notice drift: look when enough is new, and raise an alarm.

A look is due when new units have come and the allowance of false alarms can pay for it (see
`audio.drift.watch`); a tick in between costs one small query and writes nothing.
"""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.timezone import now

from apps.jobs.models import Job
from apps.predictions import drift_notices
from apps.predictions.drift import unit_words
from apps.predictions.drift_streams import Arrivals, Figures, Stream, streams
from apps.predictions.models import DriftLog, DriftLook, DriftWatch
from apps.predictions.models.drift import today
from audio.drift.check import FEWEST, Finding, Tested, check
from audio.drift.rows import Rows, Split, split, units_in
from audio.drift.trials import Rates, false_alarm_rate

DRIVERS = 12  # columns that are kept of an alarm
TRIALS, TRIED_UNITS = 200, 150  # of the own rate of false alarms
ALPHA = 0.05  # of each of these trials
INPUT, ANSWER = "input", "answer"
State = DriftWatch.State


def look_at_all() -> None:
    """A tick: look at every stream that something new has come to."""
    for name, stream in streams().items():
        if stream.mark():
            look_at(DriftWatch.of(name), stream)


def look_at(watch: DriftWatch, stream: Stream) -> None:
    """Look, if it is time to. Of two workers at once the result of one counts."""
    seen, allowance = stream.mark(), watch.allowance
    if seen == watch.seen or allowance.allowed(today()) < allowance.least:
        return
    if reason := stream.waits_for():
        watch.settle(state=State.WAITING, sentence=reason, seen=seen)
        return
    if reason := _look(watch, stream, seen):
        watch.settle(state=State.SCARCE, sentence=reason, seen=seen)


def _look(watch: DriftWatch, stream: Stream, seen: str) -> str:
    """Look; returns why there is too little to look at, or nothing."""
    view = View.of(watch, stream)
    if reason := view.too_little:
        return reason
    arrived, units = view.window
    if not watch.allowance.due(today(), arrived, units):
        watch.settle(seen=seen)
        return ""
    found = check(*view.sides(stream), alpha=watch.allowance.allowed(today()))
    if found.state == "too little data":
        return f"{found.sentence} Units are {unit_words()}."
    _settle(watch, stream, seen, view, found)
    return ""


@dataclass(frozen=True, eq=False)
class View:
    """What counts of a stream, and which of it is compared."""

    arrivals: Arrivals
    chosen: Split
    units: int

    @classmethod
    def of(cls, watch: DriftWatch, stream: Stream) -> "View":
        arrivals = counting(watch, stream)
        units = len(units_in(arrivals.units)[0])
        window = min(settings.DRIFT_WINDOW, units // 2)
        return cls(arrivals, split(arrivals.units, window_units=window), units)

    @property
    def too_little(self) -> str:
        songs, least = len(self.arrivals.ids), settings.DRIFT_MINIMUM
        if songs < least:
            return f"Too little data: {songs} of the {least} that are wanted at least."
        if self.units < 2 * FEWEST:
            return (
                f"Too little data: {self.units} {unit_words()}, and it takes {2 * FEWEST}:"
                f" {FEWEST} new ones and {FEWEST} to compare them with."
            )
        return ""

    @property
    def window(self) -> tuple[np.ndarray, list[str]]:
        """When the newest arrived, and their units."""
        places = self.chosen.window
        return self.arrivals.when[places], [self.arrivals.units[place] for place in places]

    @property
    def bounds(self) -> dict[str, datetime]:
        when = self.arrivals.when[self.chosen.window]
        return {
            "window_start": datetime.fromtimestamp(when[0], UTC),
            "window_end": datetime.fromtimestamp(when[-1], UTC),
        }

    def sides(self, stream: Stream) -> tuple[Rows, Rows]:
        """What came before and the newest, with all that is known of them."""
        places = np.concatenate([self.chosen.reference, self.chosen.window])
        rows = self._rows(places, stream.figures([self.arrivals.keys[place] for place in places]))
        before = len(self.chosen.reference)
        both = np.arange(len(places))
        return rows.take(both[:before]), rows.take(both[before:])

    def _rows(self, places: np.ndarray, figures: Figures) -> Rows:
        units = [self.arrivals.units[place] for place in places]
        return Rows(units, figures.numbers, figures.labels, self.chosen.library[places])


def counting(watch: DriftWatch, stream: Stream) -> Arrivals:
    """All arrivals but those excluded, and those from before it became as it is now."""
    arrivals = stream.arrivals()
    counts = arrivals.when >= watch.alarms.new_normal()
    for start, end in watch.alarms.excluded():
        counts &= (arrivals.when < start) | (arrivals.when > end)
    return arrivals if counts.all() else arrivals.take(counts)


# -- what it came to -----------------------------------------------------------------------------


def _settle(watch: DriftWatch, stream: Stream, seen: str, view: View, found: Finding) -> None:
    assert found.p is not None  # there was enough data
    upto = float(view.arrivals.when[-1])
    with transaction.atomic():
        fields = {
            "state": State.DRIFT if found.state == "drift" else State.QUIET,
            "sentence": _sentence(found),
            "reach": _power(found),
            "purse": watch.allowance.looked(today(), upto).as_dict(),
            "seen": seen,
            "looked_at": now(),
        }
        if not watch.settle(**fields):
            return
        alarm = _raised(watch, stream, view, found) if found.state == "drift" else None
        DriftLook.objects.create(
            watch=watch,
            alarm=alarm,
            p=found.p,
            alpha=found.alpha,
            effects={test.name: test.effect for test in found.tests},
            reference_units=found.reference_units,
            window_units=found.window_units,
            smallest=found.reach.smallest if found.reach else None,
        )


def _sentence(found: Finding) -> str:
    seen = "Drift" if found.state == "drift" else "No drift seen"
    return (
        f"{seen}: {found.window_units} new {unit_words()} beside {found.reference_units}"
        f" earlier ones, p = {found.p:.2g}, and an alarm is raised from {found.alpha:.2g} down."
    )


def _power(found: Finding) -> str:
    if found.reach is None:
        return ""
    return f"With {found.window_units} {unit_words()}: {found.reach.sentence}"


def _raised(watch: DriftWatch, stream: Stream, view: View, found: Finding) -> DriftLog:
    """The alarm of this cause that is open, or else a new one, of which people are told."""
    cause = _cause(stream, found)
    if known := watch.alarms.open().filter(cause=cause).first():
        DriftLog.objects.filter(pk=known.pk).update(seen_at=now(), times=F("times") + 1)
        return known
    alarm = DriftLog.objects.create(watch=watch, cause=cause, **view.bounds, **_facts(view, found))
    drift_notices.request(alarm)
    return alarm


def _facts(view: View, found: Finding) -> dict[str, Any]:
    decisive = _decisive(found)
    return {
        "measure": decisive.name,
        "statistic": decisive.statistic,
        "effect": decisive.effect,
        "p": found.p,
        "alpha": found.alpha,
        "reference_units": found.reference_units,
        "window_units": found.window_units,
        "power": _power(found),
        "tests": [asdict(test) for test in found.tests],
        "drivers": [asdict(driver) for driver in found.drivers[:DRIVERS]],
        "labels": found.labels,
        "songs": [str(view.arrivals.ids[view.chosen.window[row]]) for row in found.songs],
    }


def _decisive(found: Finding) -> Tested:
    return min(found.tests, key=lambda test: test.p)


def _cause(stream: Stream, found: Finding) -> str:
    """Is what arrives different, or only what is said of it?"""
    inputs = [test.p for test in found.tests if test.name.partition(":")[0] in stream.inputs]
    return INPUT if min(inputs, default=1.0) <= found.alpha else ANSWER


# -- its own false alarms ------------------------------------------------------------------------


def measure(job: Job | None = None) -> None:
    """Measure how often there would be an alarm without drift, on what has arrived here."""
    for name, stream in streams().items():
        if not (seen := stream.mark()):
            continue
        watch = DriftWatch.of(name)
        if job is None and watch.rates.get("seen") == seen:
            continue
        rates = asdict(_rates(watch, stream)) | {"seen": seen, "alpha": ALPHA}
        DriftWatch.objects.filter(pk=name).update(rates=rates, measured_at=now())


def _rates(watch: DriftWatch, stream: Stream) -> Rates:
    """All units count as one quiet time, whatever came last: they are dealt out by lot."""
    arrivals = counting(watch, stream)
    chosen = split(arrivals.units, window_units=0, reference_units=TRIED_UNITS)
    keys = [arrivals.keys[place] for place in chosen.reference]
    figures = stream.figures(keys)
    units = [arrivals.units[place] for place in chosen.reference]
    rows = Rows(units, figures.numbers, figures.labels, chosen.library[chosen.reference])
    return false_alarm_rate(rows, window_units=settings.DRIFT_WINDOW, trials=TRIALS, alpha=ALPHA)
