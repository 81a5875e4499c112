"""Finding and reading models of the package `demucs` as safetensors: weights, and no code."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml
from demucs.htdemucs import HTDemucs
from safetensors import SafetensorError, safe_open

from audio import weights
from audio.availability import local_folder
from audio.download import sha256
from audio.weights import WeightsMissing

CLASS = "demucs.htdemucs.HTDemucs"


@dataclass(frozen=True)
class Member:
    """One model of several, and how much it has to say about each source (None: all alike)."""

    path: Path
    shares: tuple[float, ...] | None


def members(
    name: str,
    sources: Sequence[str],
    wanted: Sequence[str],
    entries: Sequence[str],
    folder: Path | None = None,
) -> list[Member]:
    """Find the models that some of the sources need; those of other sources may be missing.

    Parameters
    ----------
    name : str
        "htdemucs" and the like.
    sources, wanted : sequence of str
        All sources, in order, and those that will be made.
    entries : sequence of str
        Names in the catalogue: one model for all sources, or one for each, in their order.
    folder : Path, optional
        Where ``<name>.yaml`` and the files it lists lie; else the folder in the environment
        (AUDIOPHILE_DEMUCS_MODELS), if it has that name; else the catalogue's files.

    Raises
    ------
    WeightsMissing
        If one is not there; the sentence says how to get it.
    """
    local = local_folder(name, folder)
    if local is None:
        everyone = [Member(Path(entry), None) for entry in entries]
        if len(entries) > 1:
            everyone = [
                Member(Path(entry), tuple(float(source == own) for source in sources))
                for entry, own in zip(entries, sources, strict=True)
            ]
    else:
        everyone = _listed(name, local)
    needed = [member for member in everyone if _counts(member, sources, wanted)]
    if local is None:
        return [Member(weights.ensure(str(member.path)), member.shares) for member in needed]
    for member in needed:
        if not member.path.is_file():
            raise WeightsMissing(f"{name} needs {member.path.name}, which is not in {local}.")
    return needed


def read(path: Path) -> Any:
    """Build a model from a file: class and arguments from its header, then its weights.

    As ``demucs.hf.load_safetensors_model``, but only ever of the one class: a file cannot name
    code to be run.

    Parameters
    ----------
    path : Path
        A safetensors file.

    Returns
    -------
    demucs.htdemucs.HTDemucs
        In float32, ready for use.

    Raises
    ------
    WeightsMissing
        If it is no such file.
    """
    try:
        with safe_open(str(path), framework="pt") as file:
            header = file.metadata() or {}
            state = {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise WeightsMissing(f"{path.name} is no file of weights: {error}.") from error
    if header.get("klass") != CLASS or "structure" in header:
        raise WeightsMissing(f"{path.name} holds no Hybrid Transformer Demucs.")
    arguments = _decoded(json.loads(header["args"]))
    model = HTDemucs(*arguments, **_decoded(json.loads(header["kwargs"])))
    model.load_state_dict(state)
    return model.eval()


def described(model: Any) -> dict[str, str]:
    """Return the header that `read` builds a model from.

    Parameters
    ----------
    model : demucs.htdemucs.HTDemucs
        It remembers what it was made with.
    """
    arguments, options = model._init_args_kwargs
    return {
        "klass": CLASS,
        "args": json.dumps(_encoded(list(arguments))),
        "kwargs": json.dumps(_encoded(options)),
    }


def digests(paths: Sequence[Path]) -> str:
    """Return the sha256 sums of files, joined: what their results are kept under."""
    return "+".join(_remembered(path) for path in paths)


def _remembered(path: Path) -> str:
    facts = path.stat()
    key = (str(path.resolve()), facts.st_size, facts.st_mtime_ns)
    if key not in _DIGESTS:
        _DIGESTS[key] = sha256(path)
    return _DIGESTS[key]


_DIGESTS: dict[tuple[str, int, int], str] = {}


def _listed(name: str, folder: Path) -> list[Member]:
    text = yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
    signatures = text["models"]
    rows = text.get("weights") or [None] * len(signatures)
    return [
        Member(folder / f"{signature}.safetensors", None if row is None else tuple(row))
        for signature, row in zip(signatures, rows, strict=True)
    ]


def _counts(member: Member, sources: Sequence[str], wanted: Sequence[str]) -> bool:
    if member.shares is None:
        return True
    return any(
        share for source, share in zip(sources, member.shares, strict=True) if source in wanted
    )


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
