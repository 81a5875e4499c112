"""Runs in MLflow, when MLFLOW_TRACKING_URI says where; otherwise nothing."""

import os
from dataclasses import asdict
from importlib import import_module
from typing import Any

from training.settings import Settings

EXPERIMENT = "audiophile genre"
SCORES = ("by_artist", "random_split_leaky")


def log(written: dict[str, dict[str, Any]], settings: Settings) -> bool:
    """Log what a training wrote, one run a head; say whether anybody listens.

    Raises
    ------
    ImportError
        If MLflow is asked for and not installed (requirements-dev.txt has mlflow-skinny).
    """
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        return False
    mlflow = import_module("mlflow")  # optional, and slow to load
    mlflow.set_experiment(EXPERIMENT)
    for name, facts in written.items():
        with mlflow.start_run(run_name=f"{name} {facts['version']}"):
            mlflow.log_params({**asdict(settings), "table_sha256": facts["table_sha256"]})
            mlflow.log_metrics(figures(facts))
    return True


def figures(facts: dict[str, Any]) -> dict[str, float]:
    """The scores of a head under names such as ``by_artist.accuracy``."""
    return {f"{split}.{name}": value for split in SCORES for name, value in facts[split].items()}
