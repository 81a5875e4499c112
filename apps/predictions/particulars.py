"""What training wrote down beside a head: read without trust, since somebody brought it here."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError

LARGEST = 5 * 2**20  # bytes of one file
MOST_LABELS = 1000
LONGEST = {"name": 40, "version": 40, "label": 80}  # characters, as the rows have room for
SHAPES: dict[str, type] = {
    "by_artist": dict,
    "random_split_leaky": dict,
    "behaviour": dict,
    "confusion": list,
    "reliability": list,
    "sure": list,
}  # of what cards show, where it is there

Facts = dict[str, Any]


def particulars(folder: Path) -> dict[str, Facts]:
    """By model, what training wrote down; raises `ValidationError` when that is nothing."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        facts = _loaded(path)
        if isinstance(facts, dict) and {"name", "version", "labels"} <= facts.keys():
            _check(path.name, facts)
            found[facts["name"]] = facts
    if not found:
        raise ValidationError(
            f"There is no trained model in {folder}. `python -m training train --dataset DIR` "
            "says where it writes one."
        )
    return found


def _loaded(path: Path) -> Any:
    if path.stat().st_size > LARGEST:
        raise ValidationError(f"{path.name} is larger than what training writes down.")
    try:
        facts = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
        if any(_is_odd(value) for value in _values(facts)):
            raise ValueError
    except (ValueError, RecursionError) as error:
        raise ValidationError(f"{path.name} is no JSON that training writes.") from error
    return facts


def _refuse(constant: str) -> None:
    """NaN and the infinities are no JSON, though Python reads them."""
    raise ValueError(constant)


def _values(facts: Any) -> Iterator[Any]:
    """All texts, keys and numbers in it."""
    if isinstance(facts, dict):
        yield from facts
        facts = list(facts.values())
    if not isinstance(facts, list):
        yield facts
        return
    for part in facts:
        yield from _values(part)


def _is_odd(value: Any) -> bool:
    """What no column takes: 1e999, which is read as infinite, or a character of no text."""
    if isinstance(value, str):
        return "\0" in value or any(0xD800 <= ord(character) <= 0xDFFF for character in value)
    return isinstance(value, float) and not math.isfinite(value)


def _check(file: str, facts: Facts) -> None:
    for key in ("name", "version"):
        if not _is_text(facts[key], LONGEST[key]):
            raise ValidationError(f"{file} states no {key}, or one that is too long.")
    labels = facts["labels"]
    if not isinstance(labels, list) or not 0 < len(labels) <= MOST_LABELS:
        raise ValidationError(f"{file} states no labels.")
    if not all(_is_text(label, LONGEST["label"]) for label in labels):
        raise ValidationError(f"{file} has a label that is none.")
    if len(set(labels)) != len(labels):
        raise ValidationError(f"{file} has a label twice.")
    _check_scores(file, facts)


def _check_scores(file: str, facts: Facts) -> None:
    for key, kind in SHAPES.items():
        if facts.get(key) is not None and not isinstance(facts[key], kind):
            raise ValidationError(f"{file}: “{key}” is not what training writes.")


def _is_text(value: Any, longest: int) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= len(value) <= longest
