"""The rows of this app, a file for each subject."""

from apps.predictions.models.control import ControlLabel, ControlScore
from apps.predictions.models.drift import DriftLog, DriftLook, DriftNotice, DriftWatch
from apps.predictions.models.heads import HeadSwitch, TrainedHead, WeightsFetch
from apps.predictions.models.references import CurrentReference, Reference
from apps.predictions.models.sets import (
    GENRES,
    KEY,
    TAGS,
    TEMPO,
    PredictionModel,
    PredictionSet,
    digest,
    in_short,
    models_key,
    packed,
    tags_heard,
    unpacked,
)
from apps.predictions.models.ticks import Tick
from apps.predictions.models.trials import Trial

__all__ = [
    "GENRES",
    "KEY",
    "TAGS",
    "TEMPO",
    "ControlLabel",
    "ControlScore",
    "CurrentReference",
    "DriftLog",
    "DriftLook",
    "DriftNotice",
    "DriftWatch",
    "HeadSwitch",
    "PredictionModel",
    "PredictionSet",
    "Reference",
    "Tick",
    "TrainedHead",
    "Trial",
    "WeightsFetch",
    "digest",
    "in_short",
    "models_key",
    "packed",
    "tags_heard",
    "unpacked",
]
