"""What training wrote down about the genre models: labels, versions, scores. Loads no model."""

import json
from pathlib import Path
from typing import Any

ARTEFACTS = Path(__file__).parent / "artefacts"
FOREST, CONVNET, ENSEMBLE = NAMES = ("genre-forest", "genre-convnet", "genre-ensemble")
BEHAVIOUR = "genre_behaviour.json"
ROWS = "genre_rows.txt"


def path(name: str, suffix: str, folder: Path = ARTEFACTS) -> Path:
    """Say where a file of a model's artefact lies.

    Parameters
    ----------
    name : str
        "genre-forest", ...
    suffix : str
        ".json" (particulars), ".npz" (the linear part) or ".onnx" (the trees).
    folder : Path
        Where the artefact lies.

    Returns
    -------
    Path
        For example ``genre_forest.json`` in the folder.

    Examples
    --------
    >>> path("genre-forest", ".npz", Path("heads")).name
    'genre_forest.npz'
    """
    return folder / f"{name.replace('-', '_')}{suffix}"


def particulars(name: str, folder: Path = ARTEFACTS) -> dict[str, Any]:
    """Return what the training wrote down about one model.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    folder : Path
        Where the artefact lies.

    Returns
    -------
    dict
        `labels`, `version`, what it hears, what it was made from and with; `by_artist` and
        `random_split_leaky`: accuracy (0..1) with its 95 % interval (`low`, `high`),
        `calibration_error`, `log_loss`; `confusion` [true, said] in songs; `reliability`: bins
        of confidence; `sure`: share and accuracy of what is said above a confidence. Where it
        was measured, `behaviour` holds what changes of the sound do to the answer.

    Raises
    ------
    FileNotFoundError
        If the folder holds no such model.
    """
    facts: dict[str, Any] = json.loads(path(name, ".json", folder).read_text(encoding="utf-8"))
    measured = folder / BEHAVIOUR
    if measured.is_file():
        facts["behaviour"] = json.loads(measured.read_text(encoding="utf-8")).get(name)
    return facts


def in_force(name: str, folder: Path = ARTEFACTS, *, deaf: bool) -> str:
    """Say whose scores count for what a model says.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    folder : Path
        Where the artefact lies.
    deaf : bool
        Whether the convnet cannot be heard.

    Returns
    -------
    str
        The forest's name for the ensemble that hears no convnet, or was trained without one;
        else the name itself.

    Examples
    --------
    >>> in_force("genre-ensemble", deaf=True), in_force("genre-convnet", deaf=True)
    ('genre-forest', 'genre-convnet')
    """
    alone = name == ENSEMBLE and (deaf or name not in trained(folder))
    return FOREST if alone else name


def trained(folder: Path = ARTEFACTS) -> tuple[str, ...]:
    """Return the names of the models whose artefacts lie in a folder."""
    return tuple(name for name in NAMES if path(name, ".json", folder).is_file())
