"""What the genre models compute: rows in, probabilities out."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from audio.features import FEATURES, level_free
from audio.genre_facts import path

FARTHEST = 3.0  # spreads; what lies farther out counts as if it lay there
FAMILIAR, STRANGE = 2.25, 3.0  # mean distance, in spreads: of music; of what is none we know
ABSURD = 10.0  # spreads; one number alone does not make a sound strange
DOUBT = 0.9  # the most of an answer that is taken away
RAREST = 1e-3  # no genre is impossible because no tree voted for it
SLOWEST = 30.0  # BPM; the tempo of sound without onsets, which is 0, counts as this
SMALLEST = 1e-12  # variances below this (of digital silence) count as this
DEEPEST = 0.02  # distance from -1, the least that an ELU can say, below which counts as this

Rows = npt.NDArray[np.floating]
Logits = npt.NDArray[np.float64]

_VARIANCES = [number for number, name in enumerate(FEATURES) if name.endswith("_var")]
_TEMPO = FEATURES.index("tempo")


def described(rows: Rows) -> npt.NDArray[np.float64]:
    """Rewrite rows of features as the models take them.

    Every clip is played at one loudness (`audio.features.level_free`); variances and the tempo,
    which are positive and skewed, are replaced by their natural logarithms.

    Parameters
    ----------
    rows : np.ndarray [shape=(n, 57)]
        As made by `audio.features.features`.

    Returns
    -------
    np.ndarray [shape=(n, 57)]
        float64. A copy.
    """
    out = level_free(rows.astype(np.float64))
    out[:, _VARIANCES] = np.log(np.maximum(out[:, _VARIANCES], SMALLEST))
    out[:, _TEMPO] = np.log(np.maximum(out[:, _TEMPO], SLOWEST))
    return out


def heard(embeddings: Rows) -> npt.NDArray[np.float64]:
    """Rewrite rows of the convnet as the models take them: log(1 + e).

    A mean of ELU activations lies above -1, so 1 + e is positive; it is skewed to the right.

    Parameters
    ----------
    embeddings : np.ndarray [shape=(n, 160)]
        As made by `audio.convnet.embedding`.

    Returns
    -------
    np.ndarray [shape=(n, 160)]
        float64.
    """
    return np.asarray(np.log(np.maximum(1.0 + embeddings.astype(np.float64), DEEPEST)))


@dataclass(frozen=True, eq=False)
class Linear:
    """A standardisation and a linear map: rows [n, d] to logits [n, labels].

    ``clip((row - mean) / scale, -3, 3) @ weights + bias``: a sound unlike all that was trained
    on cannot shout the rest down.
    """

    mean: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]
    bias: npt.NDArray[np.float64]

    def __call__(self, rows: Rows) -> Logits:
        """Return the logits [n, labels] of rows [n, d]."""
        return standardised(rows, self.mean, self.scale) @ self.weights + self.bias


def standardised(rows: Rows, mean: Rows, scale: Rows) -> npt.NDArray[np.float64]:
    """Subtract the mean, divide by the scale, and let nothing be farther out than 3."""
    return np.asarray(np.clip((rows - mean) / scale, -FARTHEST, FARTHEST))


def strangeness(line: Linear, rows: Rows, first: int = 0) -> npt.NDArray[np.float64]:
    """Tell how far sounds lie from what a head learned from.

    The root mean square of ``(row - mean) / scale``, each cut at 10. Over the 640 songs that the
    shipped heads learned from it is 0.9 in the middle and 2.22 at most; of noise and test tones
    the features are at 3.5 and more.

    Parameters
    ----------
    line : Linear
        Of the head.
    rows : np.ndarray [shape=(n, d)]
        As the head takes them.
    first : int
        Where that many columns come from one source and the rest from another, the stranger of
        the two counts.

    Returns
    -------
    np.ndarray [shape=(n,)]
        float64, 0..10, in spreads.
    """
    far = np.square(np.clip((rows - line.mean) / line.scale, -ABSURD, ABSURD))
    parts = [part for part in np.split(far, [first], axis=1) if part.shape[1]]
    return np.asarray(np.sqrt(np.max([part.mean(axis=1) for part in parts], axis=0)))


def tempered(
    probabilities: npt.NDArray[np.float32], strange: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    """Mix what is said of strange sounds with knowing nothing: ``(1 - d) p + d / labels``.

    The doubt d grows from 0 at a `strangeness` of 2.25 to 0.9 at 3. The order of the labels
    stays, so no accuracy changes.

    Parameters
    ----------
    probabilities : np.ndarray [shape=(n, labels)]
        float32; each row sums to 1.
    strange : np.ndarray [shape=(n,)]
        As `strangeness` says.

    Returns
    -------
    np.ndarray [shape=(n, labels)]
        float32; each row sums to 1.
    """
    doubt = DOUBT * np.clip((strange - FAMILIAR) / (STRANGE - FAMILIAR), 0.0, 1.0)[:, None]
    mixed = (1 - doubt) * probabilities + doubt / probabilities.shape[1]
    return np.asarray(mixed, np.float32)


def softmax(logits: Logits) -> npt.NDArray[np.float32]:
    """Turn logits [n, labels] into probabilities: float32, each row sums to 1."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def log_votes(votes: Rows) -> Logits:
    """Natural logarithm of a forest's shares [n, labels]; a share of zero counts as 0.001."""
    return np.log(np.maximum(votes.astype(np.float64), RAREST))


@cache
def linear(name: str, folder: Path) -> Linear:
    """Load the linear part of a model; once in a process."""
    with np.load(path(name, ".npz", folder), allow_pickle=False) as arrays:
        return Linear(*(arrays[part] for part in ("mean", "scale", "weights", "bias")))


def votes(name: str, folder: Path, rows: Rows) -> npt.NDArray[np.float32]:
    """Share of a model's trees [n, labels] for rows [n, 57] as `described` writes them."""
    shares: npt.NDArray[np.float32] = _trees(path(name, ".onnx", folder)).run(
        None, {"features": rows.astype(np.float32)}
    )[1]
    return shares


@cache
def _trees(file: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(file.read_bytes(), options, ["CPUExecutionProvider"])
