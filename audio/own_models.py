"""Models of one's own: a `.th` file of the package `demucs` as safetensors."""

from collections import OrderedDict
from fractions import Fraction
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from demucs.htdemucs import HTDemucs

from audio.random_model import write_bag
from audio.weights import WeightsMissing


def convert(path: Path, folder: Path, *, run_its_code: bool = False) -> Path:
    """Write a model as ``<folder>/<name>.yaml`` and safetensors.

    A `.th` file is a pickle, which can run any code. This reads it with nothing allowed but
    tensors, plain values and the class of the model, which suffices for what Demucs saves.

    Parameters
    ----------
    path : Path
        Of one Hybrid Transformer Demucs.
    folder : Path
        For `audio.stems.Options.models`.
    run_its_code : bool
        Read it even if it holds more than that. This RUNS whatever code the file holds.

    Returns
    -------
    Path
        The list of weights; its name is the name of the model.

    Raises
    ------
    WeightsMissing
        If it holds something else.
    """
    package = _read(path, run_its_code=run_its_code)
    if (klass := package.get("klass")) is not HTDemucs:
        raise WeightsMissing(f"{path.name} holds no Hybrid Transformer Demucs.")
    model = klass(*package["args"], **package["kwargs"])
    model.load_state_dict(package["state"])
    folder.mkdir(parents=True, exist_ok=True)
    return write_bag(folder, path.stem.split("-")[0], [model.float().eval()])[0]


def _read(path: Path, *, run_its_code: bool) -> dict[str, Any]:
    try:
        with torch.serialization.safe_globals([HTDemucs, Fraction, OrderedDict]):
            package = torch.load(path, map_location="cpu", weights_only=not run_its_code)
    except UnpicklingError as error:
        raise WeightsMissing(
            f"{path.name} cannot be read without running code that it holds. If you trust who "
            "made it, --run-its-code does that."
        ) from error
    return package if isinstance(package, dict) else {}
