"""What models say along a recording, as lanes to be drawn, pressed and read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

UNSURE = "unsure"
TOUCHING = 0.05  # seconds between two stretches that are drawn as one
MOST_LABELS = 3  # named in one window; the table has them all


@dataclass(frozen=True)
class About:
    """What a model is called on pages, and what it says, in a sentence."""

    title: str
    sentence: str


ABOUT = {
    "genre-ensemble": About("Genre", "The genre people see: all that is heard, taken together."),
    "genre-forest": About(
        "Genre by features", "The genre by 57 measures of timbre, harmony and rhythm."
    ),
    "genre-convnet": About(
        "Genre by network", "The genre by a network that has heard many thousands of songs."
    ),
    "tags": About("Tags", "Words of genre, mood and era; several may be true at once."),
    "keywords": About("Words", "Spoken words, and the second at which each was said."),
    "tempo": About("Tempo", "Beats a minute."),
    "key": About("Key", "The tonic, and whether it is major or minor."),
}


def about(model: str) -> About:
    """Of a model of somebody's own there is only its name."""
    return ABOUT.get(model) or About(model.replace("-", " ").capitalize(), "")


@dataclass(frozen=True)
class Moment:
    """What was said of one window: a row of the lane's table, a bar of its drawing."""

    start: float
    stop: float
    text: str
    confidence: float
    sure: bool

    @property
    def seconds(self) -> float:
        return self.stop - self.start


@dataclass(frozen=True)
class Lane:
    """One model along one recording."""

    model: str
    version: str
    threshold: float
    text: str
    confidence: float
    sure: bool
    remark: str
    moments: list[Moment]  # as they were judged; the last may reach back into the one before

    @property
    def about(self) -> About:
        return about(self.model)

    @property
    def drawn(self) -> list[Moment]:
        """Side by side: where windows overlap, the earlier one has the room."""
        return list(_side_by_side(self.moments))

    @property
    def segments(self) -> list[Moment]:
        """Neighbours that say the same, as one."""
        return list(_joined(self.drawn))


def lanes(said: Iterable[dict[str, Any]]) -> list[Lane]:
    """Lanes of what `reading.timeline` and the answer of a trial tell."""
    return [_lane(each) for each in said]


def titled(missing: dict[str, str]) -> dict[str, str]:
    """Why models are silent, by the names that people read."""
    return {about(model).title: sentence for model, sentence in missing.items()}


def _lane(said: dict[str, Any]) -> Lane:
    moments = [_moment(row, said) for row in said["windows"] if row["label"]]
    return Lane(
        model=said["model"],
        version=said["version"],
        threshold=said["threshold"],
        text=_in_all(said),
        confidence=said["confidence"],
        sure=said["sure"],
        remark=said.get("remark", ""),
        moments=moments,
    )


def _in_all(said: dict[str, Any]) -> str:
    """What is said of the whole; of a model that may say several things, those that it did."""
    if said["exclusive"]:
        return _text(said) if said["label"] or said["value"] is not None else ""
    windows = sorted(said["windows"], key=lambda row: -row["confidence"])
    heard = _passed(said["probabilities"], said) or [row["label"] for row in windows]
    return ", ".join([label for label in dict.fromkeys(heard) if label][:MOST_LABELS])


def _moment(row: dict[str, Any], said: dict[str, Any]) -> Moment:
    """One window; where every probability is told, all that passed is named."""
    passed = _passed(row.get("probabilities", {}), said)
    text = ", ".join(passed) if len(passed) > 1 else _text(row)
    return Moment(row["start"], row["end"], text, row["confidence"], row["sure"])


def _passed(probabilities: dict[str, float], said: dict[str, Any]) -> list[str]:
    """What a model that may say several things at once says, the surest first."""
    if said["exclusive"]:
        return []
    found = [(p, label) for label, p in probabilities.items() if p >= said["threshold"]]
    return [label for _, label in sorted(found, reverse=True)][:MOST_LABELS]


def _text(said: dict[str, Any]) -> str:
    """A guess is never said as if it were known."""
    if said["value"] is not None:
        return f"{said['value']:.0f} BPM"
    return str(said["label"]) if said["sure"] else UNSURE


def _side_by_side(moments: Iterable[Moment]) -> Iterator[Moment]:
    end = 0.0
    for moment in sorted(moments, key=lambda one: one.start):
        start = max(moment.start, end)
        if moment.stop - start > TOUCHING:
            yield _cut(moment, start, moment.stop)
        end = max(end, moment.stop)


def _cut(moment: Moment, start: float, stop: float) -> Moment:
    return Moment(start, stop, moment.text, moment.confidence, moment.sure)


def _joined(moments: Iterable[Moment]) -> Iterator[Moment]:
    """Their confidence is the mean over time."""
    run: list[Moment] = []
    for moment in moments:
        if run and not _same(run[-1], moment):
            yield _as_one(run)
            run = []
        run.append(moment)
    if run:
        yield _as_one(run)


def _same(before: Moment, after: Moment) -> bool:
    touching = after.start - before.stop < TOUCHING
    return touching and (before.text, before.sure) == (after.text, after.sure)


def _as_one(run: list[Moment]) -> Moment:
    seconds = sum(moment.seconds for moment in run)
    mean = sum(moment.confidence * moment.seconds for moment in run) / seconds
    return Moment(run[0].start, run[-1].stop, run[0].text, mean, run[0].sure)
