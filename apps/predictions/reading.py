"""What models said, in the one form that pages, the file JSON and trials give it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Prefetch

from apps.files.models import Track
from apps.predictions.models import GENRES, PredictionModel, PredictionSet, Reference

UNSURE = 0.35  # below this a label is a guess, and shown as one
SILENT = "It had nothing to say of this recording."
FEATURES_ONLY = "It heard the features only, because the convnet cannot be asked here."
SHORT = ("model", "label", "confidence", "sure", "value", "probabilities", "windows")
Answer = dict[str, Any]


# -- one model -----------------------------------------------------------------------------------


def prediction(made: PredictionSet, seconds: float, *, whole: bool = False) -> Answer:
    """What one model says of a recording; `whole` adds every probability of every window."""
    model = made.model
    return {
        "model": model.name,
        "version": model.version,
        "label": made.label,
        "confidence": _rounded(made.confidence),
        "sure": _sure(model, made.confidence),
        "value": made.value,
        "threshold": model.limit,
        "exclusive": model.exclusive,
        "remark": remark(made.parameters),
        "probabilities": _named(made, made.all_in_all),
        "windows": list(_windows(made, seconds, whole=whole)),
    }


def _windows(made: PredictionSet, seconds: float, *, whole: bool) -> Iterator[Answer]:
    """Those in which something was heard: a tagger's silence is no window."""
    values = made.values or [made.value] * len(made.starts)
    for start, value, row in zip(made.starts, values, made.probabilities, strict=False):
        label, confidence = _top(made, value, row)
        if not label and not whole:
            continue
        yield {
            "start": start,
            "end": _end(made, start, seconds),
            "label": label,
            "confidence": _rounded(confidence),
            "sure": _sure(made.model, confidence),
            "value": value,
            **({"probabilities": _named(made, row)} if whole else {}),
        }


def _top(made: PredictionSet, value: float | None, row: Any) -> tuple[str, float]:
    """A window's label; without labels it is the number that was measured in it."""
    model, named = made.model, list(zip(made.words, row, strict=False))
    if not named:
        return (f"{value:.0f} BPM" if value else ""), made.confidence
    label, confidence = max(named, key=lambda one: float(one[1]))
    said = model.exclusive or confidence >= model.limit
    return (label if said else ""), float(confidence)


def _sure(model: PredictionModel, confidence: float) -> bool:
    return confidence >= (UNSURE if model.exclusive else model.limit)


def _end(made: PredictionSet, start: float, seconds: float) -> float:
    """A window reaches no further than its recording, whose length may be unknown (0)."""
    return round(min(start + made.window, seconds or float("inf")), 3)


def _named(made: PredictionSet, row: Any) -> dict[str, float]:
    """By label; what has no label, or none any more, is left out."""
    return {label: _rounded(p) for label, p in zip(made.words, row, strict=False)}


def _rounded(probability: float) -> float:
    return round(float(probability), 4)


def remark(parameters: Mapping[str, Any]) -> str:
    """What a model that is asked so does not hear."""
    return FEATURES_ONLY if parameters.get("heard") == "features" else ""


# -- one song ------------------------------------------------------------------------------------


def current_reference(track: Track) -> Reference | None:
    """The generation readers see, with all it needs in three queries; None before the first."""
    return (
        Reference.objects.current()
        .filter(track=track)
        .prefetch_related(Prefetch("sets", PredictionSet.objects.select_related("model")))
        .first()
    )


def timeline(track: Track) -> list[Answer]:
    """What each model says of a song, genres first: the lanes under its waveform."""
    return predictions(current_reference(track), track.seconds)


def missing(track: Track) -> dict[str, str]:
    """Which models have nothing to say of a song, and why; nothing is missing before the first."""
    return unsaid(current_reference(track))


def predictions(reference: Reference | None, seconds: float) -> list[Answer]:
    return [prediction(made, seconds) for made in in_order(_sets(reference))]


def unsaid(reference: Reference | None) -> dict[str, str]:
    if reference is None:
        return {}
    return why_missing(_sets(reference), PredictionModel.objects.in_use(), told=reference.unsaid)


def why_missing(
    sets: Iterable[PredictionSet],
    models: Iterable[PredictionModel],
    *,
    told: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Of these models, those that say nothing or not all that they could, each with a sentence.

    `told` is what was given as the reason when they were asked.
    """
    said = {made.model.name: remark(made.parameters) for made in sets}
    why = {model.name: model.missing or (told or {}).get(model.name, SILENT) for model in models}
    reasons = {name: said.get(name, reason) for name, reason in why.items()}
    return {name: reason for name, reason in reasons.items() if reason}


def in_order(sets: Iterable[PredictionSet]) -> list[PredictionSet]:
    """As models are listed, those whose genre is shown first."""
    return sorted(sets, key=lambda made: (_rank(made.model), made.model.name))


def _rank(model: PredictionModel) -> int:
    if model.name in GENRES:
        return GENRES.index(model.name)
    return len(GENRES) + (1000 if model.place is None else model.place)


def _sets(reference: Reference | None) -> list[PredictionSet]:
    return list(reference.sets.all()) if reference else []


def answer(
    sets: Iterable[PredictionSet],
    seconds: float,
    *,
    asked: str = "",
    told: Mapping[str, str] | None = None,
) -> Answer:
    """What is said of a clip: in short, by whose genre is shown or who was asked; and in full."""
    ordered = in_order(sets)
    said = [prediction(made, seconds, whole=True) for made in ordered]
    in_use = [row for row in PredictionModel.objects.in_use() if asked in ("", row.name)]
    short = {name: said[0][name] for name in SHORT} if said else dict.fromkeys(SHORT)
    return {
        "seconds": round(seconds, 3),
        **short,
        "predictions": said,
        "missing": why_missing(ordered, in_use, told=told),
    }


# -- one word ------------------------------------------------------------------------------------


def confidences(reference: Reference | None) -> list[Answer]:
    """Each window of each model whose label passes the model's threshold."""
    return [
        {"utterance": label, "time": start, "confidence": confidence, "model": made.model.name}
        for made in _sets(reference)
        for label, start, confidence in _passed(made)
    ]


def detections(track: Track, reference: Reference | None, utterance: str) -> list[Answer]:
    """The windows in which a label, word or tag of that name passed its model's threshold."""
    wanted = utterance.casefold()
    found = [
        {
            "utterance": label,
            "time": start,
            "end": _end(made, start, track.seconds),
            "confidence": confidence,
            "model": made.model.name,
        }
        for made in in_order(_sets(reference))
        for label, start, confidence in _passed(made)
        if label.casefold() == wanted
    ]
    return sorted(found, key=lambda row: row["time"])


def utterances(reference: Reference | None) -> list[str]:
    """All that the models in use, and those of a reference, could say."""
    today = [model.labels for model in PredictionModel.objects.in_use()]
    return sorted({label for labels in [*today, *_words(reference)] for label in labels})


def _words(reference: Reference | None) -> list[list[str]]:
    return [made.words for made in _sets(reference)]


def _passed(made: PredictionSet) -> Iterator[tuple[str, float, float]]:
    """Only models that name something have windows with labels."""
    for start, row in zip(made.starts, made.probabilities, strict=False):
        for label, probability in zip(made.words, row, strict=False):
            if probability >= made.model.limit:
                yield label, start, _rounded(probability)
