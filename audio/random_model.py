"""A Hybrid Transformer Demucs with random weights: the true network, for tests and benchmarks."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from demucs.htdemucs import HTDemucs

from audio.demucs_files import described
from audio.download import sha256

SOURCES = ("drums", "bass", "other", "vocals")
SIX = ("drums", "bass", "other", "vocals", "guitar", "piano")
SEED = 4
BRANCH = 0.1  # linear: how much of every residual branch is heard

_FULL: dict[str, Any] = {
    "channels": 48,
    "bottom_channels": 512,
    "t_layers": 5,
    "dconv_mode": 3,
    "segment": Fraction(39, 5),
}
_SMALL: dict[str, Any] = {
    "channels": 8,
    "bottom_channels": 32,
    "t_layers": 3,
    "t_heads": 2,
    "dconv_mode": 3,
    "segment": Fraction(1, 2),
}


def write_random_model(folder: Path, *, small: bool = False) -> dict[str, list[Path]]:
    """Write models in the form the package `demucs` publishes them in, with random weights.

    The full size is htdemucs's own (41,984,456 numbers). A model that was never trained has
    layer scales of a thousandth and less, so that whole branches would not be heard; here all
    are a tenth, so that what goes wrong in a branch shows.

    Parameters
    ----------
    folder : Path
        Made if it is not there. Gets ``<name>.yaml`` and ``<signature>.safetensors``; in full
        size ``<signature>.th`` too, which the command line of `demucs` wants (``--repo``).
    small : bool
        Three models that run in milliseconds (htdemucs, htdemucs_ft, htdemucs_6s), for tests,
        instead of htdemucs in full size.

    Returns
    -------
    dict of str to list of Path
        The files, by the model's name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not small:
        return {"htdemucs": write_bag(folder, "htdemucs", [_model(SOURCES, _FULL, SEED)], th=True)}
    four = [_model(SOURCES, _SMALL, SEED + number) for number in range(4)]
    six = _model(SIX, {**_SMALL, "bottom_channels": 0}, SEED)
    return {
        "htdemucs": write_bag(folder, "htdemucs", four[:1]),
        "htdemucs_ft": write_bag(folder, "htdemucs_ft", four),
        "htdemucs_6s": write_bag(folder, "htdemucs_6s", [six]),
    }


def _model(sources: tuple[str, ...], shape: dict[str, Any], seed: int) -> HTDemucs:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = HTDemucs(list(sources), **shape).eval()
    for name, values in model.named_parameters():
        if name.endswith(".scale"):
            values.data.fill_(BRANCH)
    return model


def write_bag(folder: Path, name: str, models: list[HTDemucs], *, th: bool = False) -> list[Path]:
    """Write a file of weights for each model, and the list that names them.

    Parameters
    ----------
    folder : Path
        Where to.
    name : str
        Of all of them together.
    models : list of HTDemucs
        One for all sources, or one for each.
    th : bool
        Write each as the command line of `demucs` wants it too.

    Returns
    -------
    list of Path
        The list first.
    """
    signatures, paths = [], []
    for model in models:
        state = {key: value.contiguous() for key, value in model.state_dict().items()}
        part = folder / f".{name}.part"
        _save(part, state, described(model))
        signatures.append(sha256(part)[:8])
        paths.append(part.replace(folder / f"{signatures[-1]}.safetensors"))
        if th:
            paths.append(_th(folder / f"{signatures[-1]}.th", model, state))
    bag = folder / f"{name}.yaml"
    bag.write_text(_bag(signatures), encoding="utf-8")
    return [bag, *paths]


def _bag(signatures: list[str]) -> str:
    text = f"models: [{', '.join(repr(signature) for signature in signatures)}]\n"
    if len(signatures) > 1:  # each model for its own source
        rows = [[float(row == column) for column in range(4)] for row in range(4)]
        text += f"weights: {rows}\n"
    return text


def _th(path: Path, model: HTDemucs, state: dict[str, torch.Tensor]) -> Path:
    """What `demucs.states.load_model` unpickles; we only ever write it."""
    args, kwargs = model._init_args_kwargs
    torch.save({"klass": HTDemucs, "args": args, "kwargs": kwargs, "state": state}, path)
    return path


def _save(path: Path, state: dict[str, torch.Tensor], described_: dict[str, str]) -> None:
    """Write safetensors whose bytes are the same every time; the library's own are not.

    A header in JSON after its length (8 bytes, little end first), then the numbers.
    """
    table: dict[str, Any] = {"__metadata__": described_}
    end = 0
    for key, values in state.items():
        start, end = end, end + values.nbytes
        table[key] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [start, end]}
    header = json.dumps(table).encode()
    header += b" " * (-len(header) % 8)
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for values in state.values():
            file.write(values.numpy().tobytes())
