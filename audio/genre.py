"""Genre probabilities of a clip, from 57 features and a small forest run by ONNX."""

import json
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from audio.clip import Clip
from audio.features import SAMPLE_RATE, features, level_free
from audio.models import Probabilities, WindowModel

ARTEFACTS = Path(__file__).parent / "artefacts"
TILED_TO = 3.0  # s; a shorter clip is repeated until it is this long
RAREST = 1e-3  # no genre is impossible because no tree voted for it


class GenreForest(WindowModel):
    """The shipped genre model: ten genres, trained by `python -m training forest`.

    Nothing is loaded until the first question, and the forest once in a process.

    Parameters
    ----------
    folder : Path
        Where `genre_forest.onnx` and `genre_forest.json` lie.

    References
    ----------
    Features and genres are those of GTZAN (Tzanetakis, Cook 2002) without its known faults.
    Unlike its many descendants it is scored by artist (see the JSON): about 55 % of songs of
    unheard artists, and the confidences are calibrated to that.
    """

    name = "genre-forest"
    sample_rate = SAMPLE_RATE
    retrainable = True

    def __init__(self, folder: Path = ARTEFACTS) -> None:
        self._folder = folder
        self.version = str(self.particulars["version"])
        self.labels = tuple(self.particulars["labels"])

    @cached_property
    def particulars(self) -> dict[str, Any]:
        """What the training wrote down: labels, versions, scores."""
        text = (self._folder / "genre_forest.json").read_text(encoding="utf-8")
        loaded: dict[str, Any] = json.loads(text)
        return loaded

    def judge(self, window: Clip) -> Probabilities:
        """Say how probable each genre is in one window [labels]; less than 3 s is repeated."""
        row: Probabilities = self.classify(features(_tiled(window))[None])[0]
        return row

    def classify(self, rows: npt.NDArray[np.float64]) -> Probabilities:
        """Say how probable each genre is for rows of features.

        Parameters
        ----------
        rows : np.ndarray [shape=(n, 57)]
            As made by `audio.features.features`.

        Returns
        -------
        np.ndarray [shape=(n, labels)]
            float32; each row sums to 1.
        """
        session = _session(self._folder / "genre_forest.onnx")
        votes = session.run(None, {"features": level_free(rows).astype(np.float32)})[1]
        return tempered(votes, self.particulars["temperature"]).astype(np.float32)


def tempered(votes: npt.NDArray[np.floating], temperature: float) -> npt.NDArray[np.float64]:
    """Sharpen (temperature < 1) or soften (> 1) probabilities.

        p'_i = p_i ** (1 / T) / sum_j p_j ** (1 / T)

    Parameters
    ----------
    votes : np.ndarray [shape=(n, labels)]
        The share of the forest that each label has; a share of zero counts as 0.001.
    temperature : float
        Positive; found by cross-validation by artist.

    Returns
    -------
    np.ndarray [shape=(n, labels)]
        float64; each row sums to 1.

    References
    ----------
    Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks", ICML 2017.
    """
    powered = np.maximum(votes.astype(np.float64), RAREST) ** (1 / temperature)
    return np.asarray(powered / powered.sum(axis=1, keepdims=True))


def _tiled(clip: Clip) -> Clip:
    times = int(np.ceil(TILED_TO / clip.seconds))
    return Clip(np.tile(clip.samples, (1, times)), clip.sample_rate) if times > 1 else clip


@cache
def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path.read_bytes(), options, ["CPUExecutionProvider"])
