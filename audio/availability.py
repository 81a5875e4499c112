"""Whether an engine can be had on this machine; found out without loading anything."""

import os
from collections.abc import Sequence
from pathlib import Path

from audio import weights
from audio.stems import REST, EngineFacts
from audio.weights import WeightsMissing

FOLDER = "AUDIOPHILE_DEMUCS_MODELS"


def missing(facts: EngineFacts, stems: Sequence[str] = ()) -> str:
    """Say in a sentence why an engine cannot be had here, and what can be done.

    Parameters
    ----------
    facts : EngineFacts
        The engine.
    stems : sequence of str
        What is asked of it; empty for all.

    Returns
    -------
    str
        Empty when all it needs is here, or will be fetched when it is first needed.
    """
    if local_folder(facts.name):
        return ""
    return next(filter(None, map(weights.missing, needed(facts, stems))), "")


def needed(facts: EngineFacts, stems: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the names in the catalogue that some stems need: one for all, or one for each.

    Examples
    --------
    >>> from audio.stems import ENGINES
    >>> needed(ENGINES["htdemucs_ft"], ("bass", "rest"))
    ('htdemucs_ft-bass',)
    """
    made = [name for name in stems if name != REST]
    if len(facts.weights) < 2 or not made:
        return facts.weights
    pairs = zip(facts.sources, facts.weights, strict=True)
    return tuple(entry for source, entry in pairs if source in made)


def local_folder(name: str, folder: Path | None = None) -> Path | None:
    """Return the folder of own models that has this name; None where the catalogue's count.

    Raises
    ------
    WeightsMissing
        If a folder was named that has no ``<name>.yaml``.
    """
    if folder is not None:
        if not (folder / f"{name}.yaml").is_file():
            raise WeightsMissing(
                f"There is no {name}.yaml in {folder}: that file lists the weights of {name}."
            )
        return folder
    named = os.environ.get(FOLDER)
    return Path(named) if named and Path(named, f"{name}.yaml").is_file() else None
