"""Genre probabilities of a clip, from 57 features and a small forest run by ONNX."""

import json
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from audio.clip import Clip
from audio.errors import Silent, TooShort
from audio.features import SAMPLE_RATE, SHORTEST, features, level_free
from audio.progress import Report, ignore
from audio.tagging import Tagging
from audio.windows import Windows

ARTEFACTS = Path(__file__).parent / "artefacts"
WINDOW_SECONDS = 30.0
MOST_WINDOWS = 10
TILED_TO = 3.0  # s; a shorter clip is repeated until it is this long
QUIETEST = 1e-4  # linear peak (-80 dB) below which a window counts as silence
RAREST = 1e-3  # no genre is impossible because no tree voted for it

Probabilities = npt.NDArray[np.float32]


class GenreForest:
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
    window_seconds = WINDOW_SECONDS
    threshold = 0.9

    def __init__(self, folder: Path = ARTEFACTS) -> None:
        self._folder = folder

    @property
    def version(self) -> str:
        """Version of the artefact."""
        return str(self.particulars["version"])

    @property
    def labels(self) -> tuple[str, ...]:
        """The genres, in the order of the probabilities."""
        return tuple(self.particulars["labels"])

    @cached_property
    def particulars(self) -> dict[str, Any]:
        """What the training wrote down: labels, versions, scores."""
        text = (self._folder / "genre_forest.json").read_text(encoding="utf-8")
        loaded: dict[str, Any] = json.loads(text)
        return loaded

    def predict(self, clip: Clip) -> Probabilities:
        """Say how probable each genre is, window by window.

        Parameters
        ----------
        clip : Clip [shape=(1, n)]
            Mono, at 22,050 Hz. It is cut into windows of 30 s, at most ten, evenly spread;
            silent windows are left out.

        Returns
        -------
        np.ndarray [shape=(windows, labels)]
            float32; each row sums to 1.

        Raises
        ------
        ValueError
            If the clip is not mono at 22,050 Hz.
        TooShort
            If it is shorter than half a second.
        Silent
            If no window has sound in it.
        """
        listener = self.listen()
        listener.hear(clip)
        return listener.tagging().probabilities

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

    def listen(self) -> "GenreListener":
        """Return a listener for one file."""
        return GenreListener(self)


class GenreListener:
    """Collects windows of one file and then asks the forest."""

    def __init__(self, model: GenreForest) -> None:
        self._model = model
        self._windows = Windows(SAMPLE_RATE, WINDOW_SECONDS, MOST_WINDOWS)

    def hear(self, piece: Clip) -> None:
        """Take the next piece: mono, at 22,050 Hz."""
        self._windows.hear(piece)

    def tagging(self, report: Report = ignore) -> Tagging:
        """Say the genre of what was heard; raises TooShort or Silent."""
        starts, rows = self._features(report)
        probabilities = self._model.classify(rows)
        mean = probabilities.mean(axis=0)
        best = int(mean.argmax())
        return Tagging(
            model=self._model.name,
            version=self._model.version,
            parameters={"window_seconds": WINDOW_SECONDS, "most_windows": MOST_WINDOWS},
            labels=self._model.labels,
            probabilities=probabilities,
            starts=np.array(starts),
            window_seconds=WINDOW_SECONDS,
            label=self._model.labels[best],
            confidence=float(mean[best]),
            threshold=self._model.threshold,
        )

    def _features(self, report: Report) -> tuple[list[float], npt.NDArray[np.float64]]:
        clips = self._windows.clips()
        if sum(clip.seconds for _, clip in clips) < SHORTEST:
            raise TooShort("The recording is shorter than half a second.")
        starts, rows = [], []
        for number, (start, clip) in enumerate(clips):
            if np.abs(clip.samples).max() > QUIETEST:
                starts.append(start)
                rows.append(features(_tiled(clip)))
            report((number + 1) / len(clips))
        if not rows:
            raise Silent("The recording is silent.")
        return starts, np.array(rows)


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
