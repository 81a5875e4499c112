"""Score finished models on a table of songs; nothing of it is learnt."""

from pathlib import Path
from typing import Any

import numpy as np

from audio import genre_facts
from audio.genre import MODELS, GenreModel
from training import scores
from training.table import Table


def evaluate(table: Table, folder: Path = genre_facts.ARTEFACTS) -> dict[str, Any]:
    """Score each head of an artefact, and the ensemble, on the rows of a table.

    Returns
    -------
    dict
        `songs` judged; `left_out`: songs of each genre that the models do not know;
        `seen_in_training`: rows the models were trained on (of them the scores are worth
        nothing); `models`: for each its accuracy with 95 % interval, expected calibration error
        (`ece`), log loss in nats and `n`, or the sentence why it cannot be asked.

    Raises
    ------
    ValueError
        If no song has a genre that the models know.
    """
    labels = MODELS[0](folder).labels
    known = np.isin(table.labels, labels)
    if not known.any():
        raise ValueError(f"No song of the table has a genre that is known: {', '.join(labels)}.")
    kept = table.only(known)
    others, songs = np.unique(table.labels[~known], return_counts=True)
    seen = set((folder / genre_facts.ROWS).read_text(encoding="utf-8").split())
    return {
        "songs": len(kept.songs),
        "left_out": dict(zip(others.tolist(), songs.tolist(), strict=True)),
        "seen_in_training": sum(digest in seen for digest in kept.digests()),
        "models": {kind.name: _scored(kind(folder), kept) for kind in MODELS},
    }


def _scored(model: GenreModel, table: Table) -> dict[str, Any]:
    """A model's figures; without embeddings the ensemble hears the features alone."""
    facts = model.particulars
    if "convnet" in facts.get("hears", ["convnet"]) and table.embeddings is None:
        if "features" not in facts.get("hears", []):
            return {"missing": "Its rows are not there: --embeddings FILE.npy names them."}
        facts = {"hears": ["features"]}
    if not facts:
        return {"missing": model.missing}
    wanted = table.embeddings if "convnet" in facts["hears"] else None
    probabilities = model.classify(table.features, wanted)
    figures = scores.score(probabilities, table.labels, table.artists, list(model.labels))
    figures["ece"] = figures.pop("calibration_error")
    return {
        "version": model.version,
        "heard": "+".join(sorted(facts["hears"], reverse=True)),
        **figures,
        "n": len(table.songs),
    }
