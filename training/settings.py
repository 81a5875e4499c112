"""What training can be told: params.yaml."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PARAMS = Path(__file__).resolve().parents[1] / "params.yaml"


@dataclass(frozen=True)
class Settings:
    """Seeds, folds and the few numbers of the experts; see the comments in params.yaml."""

    seed: int
    folds: int
    pool_folds: int
    repeats: int
    artist_weight: float
    regression: float
    trees: dict[str, Any]


def read(path: Path = PARAMS) -> Settings:
    """Read the settings; ValueError where one is missing or unknown."""
    try:
        return Settings(**yaml.safe_load(path.read_text(encoding="utf-8")))
    except TypeError as error:
        raise ValueError(f"{path.name} does not fit: {error}.") from error
