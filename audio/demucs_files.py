"""Finding and reading models of the package `demucs` as safetensors: weights, and no code."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from audio.errors import NoWeights

FOLDER = "AUDIOPHILE_DEMUCS_MODELS"
CLASS = "demucs.htdemucs.HTDemucs"
_REPOSITORIES = {
    "htdemucs": "adefossez/HTDemucs",
    "htdemucs_ft": "adefossez/HTDemucs-ft",
    "htdemucs_6s": "adefossez/HTDemucs-6s",
}


@dataclass(frozen=True)
class Bag:
    """The models behind a name, and how much each one has to say about each source.

    Parameters
    ----------
    name : str
        "htdemucs" and the like.
    paths : tuple of Path
        Files of weights.
    weights : tuple of tuple of float, or None
        One row for each file, one column for each source; None: all alike.
    """

    name: str
    paths: tuple[Path, ...]
    weights: tuple[tuple[float, ...], ...] | None

    def sha256(self) -> str:
        """Of the files' digests, in order: what stems of these models are kept under."""
        return hashlib.sha256("".join(map(digest, self.paths)).encode()).hexdigest()


def find(name: str, folder: Path | None = None) -> Bag:
    """Find the models of that name.

    Parameters
    ----------
    name : str
        The stem of a ``.yaml`` file.
    folder : Path, optional
        Where to look; else the folder that the environment names (AUDIOPHILE_DEMUCS_MODELS),
        else the cache of the hub that the models are published on.

    Raises
    ------
    NoWeights
        If they are not all there; the sentence says how to get them.
    """
    folders = [folder] if folder else _folders(name)
    for place in folders:
        if (place / f"{name}.yaml").is_file():
            return _bag(name, place)
    raise NoWeights(
        f"The weights of {name} are not on this machine. Fetch them on one that is online "
        f"(“python manage.py models fetch {name}”), or set {FOLDER} to a folder with "
        f"{name}.yaml and the safetensors files it names."
    )


def missing(name: str, folder: Path | None = None) -> str:
    """Return "" when `find` would find it, else the sentence it would raise."""
    try:
        find(name, folder)
    except NoWeights as error:
        return str(error)
    return ""


def read(path: Path) -> Any:
    """Build a model from a file: class and arguments from its header, then its weights.

    As ``demucs.hf.load_safetensors_model``, but only ever the one class: a file cannot name
    code to be run.

    Returns
    -------
    demucs.htdemucs.HTDemucs
        In float32, ready for use.

    Raises
    ------
    NoWeights
        If it is not such a file.
    """
    from demucs.htdemucs import HTDemucs
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="pt") as file:
            header = file.metadata() or {}
            state = {key: file.get_tensor(key) for key in file.keys()}
    except (OSError, SafetensorError) as error:
        raise NoWeights(f"{path.name} is no file of weights: {error}.") from error
    if header.get("klass") != CLASS or "structure" in header:
        raise NoWeights(f"{path.name} holds no Hybrid Transformer Demucs.")
    arguments = _decoded(json.loads(header["args"]))
    options = _decoded(json.loads(header["kwargs"]))
    model = HTDemucs(*arguments, **options)
    model.load_state_dict(state)
    return model.float().eval()


def described(model: Any) -> dict[str, str]:
    """Return the header that `read` builds a model from."""
    arguments, options = model._init_args_kwargs
    return {
        "klass": CLASS,
        "args": json.dumps(_encoded(list(arguments))),
        "kwargs": json.dumps(_encoded(options)),
    }


def digest(path: Path) -> str:
    """Return a file's sha256, remembered beside the size and time it had."""
    facts = path.stat()
    key = (str(path.resolve()), facts.st_size, facts.st_mtime_ns)
    if key not in _DIGESTS:
        with path.open("rb") as file:
            _DIGESTS[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return _DIGESTS[key]


_DIGESTS: dict[tuple[str, int, int], str] = {}


def _bag(name: str, folder: Path) -> Bag:
    text = yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
    paths = tuple(folder / f"{signature}.safetensors" for signature in text["models"])
    for path in paths:
        if not path.is_file():
            raise NoWeights(f"{name} needs {path.name}, which is not in {folder}.")
    rows = text.get("weights")
    return Bag(name, paths, tuple(map(tuple, rows)) if rows else None)


def _folders(name: str) -> list[Path]:
    """The setting's folder, then every snapshot of it in the hub's cache, newest first."""
    named = os.environ.get(FOLDER)
    home = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface"))
    hub = Path(os.environ.get("HF_HUB_CACHE", home / "hub"))
    repository = "models--" + _REPOSITORIES.get(name, name).replace("/", "--")
    snapshots = (hub / repository / "snapshots").glob("*")
    newest = sorted(snapshots, key=lambda path: path.stat().st_mtime, reverse=True)
    return [*([Path(named)] if named else []), *newest]


def _encoded(value: Any) -> Any:
    """As JSON that can hold a fraction (the form of ``tools/export_hf.py``)."""
    if isinstance(value, Fraction):
        ratio = {"numerator": value.numerator, "denominator": value.denominator}
        return {"_type": "fraction", **ratio}
    if isinstance(value, Mapping):
        return {key: _encoded(item) for key, item in value.items()}
    return [_encoded(item) for item in value] if isinstance(value, list | tuple) else value


def _decoded(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get("_type") == "fraction":
            return Fraction(value["numerator"], value["denominator"])
        return {key: _decoded(item) for key, item in value.items()}
    return [_decoded(item) for item in value] if isinstance(value, list) else value
