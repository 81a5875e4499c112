"""Tags of genre, mood and era: the pretrained recurrent tagger of 2016, 50 tags of Last.fm."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import conv2d, elu, max_pool2d, pad

from audio import weights
from audio.clip import Clip
from audio.kaiser import kaiser_best
from audio.melgram import N_FFT, SAMPLE_RATE, decibels, mel_power
from audio.models import Probabilities, WindowModel
from audio.progress import Report, ignore

WEIGHTS = "tagger"
"""Its name in the catalogue `audio.weights`."""
TAGS = (
    "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s",
    "alternative rock", "jazz", "beautiful", "metal", "chillout", "male vocalists",
    "classic rock", "soul", "indie rock", "Mellow", "electronica", "80s", "folk", "90s", "chill",
    "instrumental", "punk", "oldies", "blues", "hard rock", "ambient", "acoustic",
    "experimental", "female vocalist", "guitar", "Hip-Hop", "70s", "party", "country",
    "easy listening", "sexy", "catchy", "funk", "electro", "heavy metal", "Progressive rock",
    "60s", "rnb", "indie pop", "sad", "House", "happy",
)  # fmt: skip
"""In the order of the network's output, spelled as on Last.fm."""

FRAMES = 1366
EXCERPT = 349_440  # samples at 12,000 Hz: 29.12 s
MARGIN = 37  # frames of nothing on either side
POOLS = (2, 3, 4, 4)
UNITS = 32  # of each recurrent layer
SLACK = 1e-3  # added to variances by its batch normalisation

Array = npt.NDArray[np.float32]
Weights = Mapping[str, npt.NDArray[np.float32]]


class _Recurrent(NamedTuple):
    """A layer of gated units: update, reset and candidate side by side."""

    entrance: torch.Tensor  # [in, 3 * UNITS]
    memory: torch.Tensor  # [UNITS, 3 * UNITS]
    bias: torch.Tensor  # [3 * UNITS]


class _Network(NamedTuple):
    gain: torch.Tensor  # of each frame
    offset: torch.Tensor
    layers: tuple[tuple[torch.Tensor, torch.Tensor, int], ...]  # kernel, bias, pool
    recurrent: tuple[_Recurrent, ...]
    output: tuple[torch.Tensor, torch.Tensor]


class Tagger(WindowModel):
    """Fifty tags people gave on Last.fm, each with a score of its own.

    The scores order songs by a tag, which is what it was trained for; they are not
    probabilities, and most are low: over 53 songs of GTZAN their median is 0.01, and the highest
    of a song 0.36 on average. Above the threshold of 0.1 lie two tags a song, and at least one
    of each; above 0.3 every other song would have none.

    References
    ----------
    Choi, Fazekas, Sandler, Cho, "Convolutional recurrent neural networks for music
    classification", ICASSP 2017 (arXiv:1609.04243); keunwoochoi/music-auto_tagging-keras, MIT,
    (c) 2016 Keunwoo Choi: ``music_tagger_crnn.py``, ``audio_processor.py``, and the weights.
    Short clips are repeated, where the authors appended silence: of ten seconds this keeps the
    scores of thirty better (correlation 0.89 instead of 0.62, over the same songs).
    """

    name = "tags"
    version = "1"
    labels = TAGS
    threshold = 0.1
    exclusive = False

    @property
    def missing(self) -> str:
        """What keeps it from being asked here, and the way out; empty when nothing."""
        return weights.missing(WEIGHTS)

    def prepare(self, report: Report = ignore) -> None:
        """Fetch the weights. Raises WeightsMissing where that fails."""
        weights.ensure(WEIGHTS, report)

    def judge(self, window: Clip) -> Probabilities:
        """Score the tags of the middle 29.12 s of a window, a shorter one being repeated.

        Parameters
        ----------
        window : Clip [shape=(1, n)]
            Mono.

        Returns
        -------
        np.ndarray [shape=(50,)]
            float32, 0..1, in the order of `TAGS`.

        Raises
        ------
        audio.weights.WeightsMissing
            If its weights are not here and could not be fetched.
        """
        network = _network(weights.ensure(WEIGHTS))
        samples = kaiser_best(window.samples[0], window.sample_rate, SAMPLE_RATE)
        return _scores(network, _shown(_excerpt(samples)))


def _excerpt(samples: Array) -> Array:
    if len(samples) < EXCERPT:
        return np.resize(samples, EXCERPT)
    start = (len(samples) - EXCERPT) // 2
    return samples[start : start + EXCERPT]


def _shown(samples: Array) -> Array:
    """The picture [96, 1366] that the network sees: decibels of the square of the power."""
    centred = np.pad(samples, (N_FFT // 2, 0))
    return decibels(mel_power(centred, FRAMES) ** 2)


def _scores(network: _Network, picture: Array) -> Probabilities:
    with torch.inference_mode():
        seen = pad(torch.from_numpy(picture), (MARGIN, MARGIN)) * network.gain + network.offset
        heard = seen[None, None].contiguous(memory_format=torch.channels_last)
        for kernel, bias, pool in network.layers:
            heard = elu(max_pool2d(conv2d(heard, kernel, bias, padding=1), pool), inplace=True)
        sequence = heard[0, :, 0].T
        for layer in network.recurrent:
            sequence = _remembered(layer, sequence)
        matrix, bias = network.output
        scores: Probabilities = torch.sigmoid(sequence[-1] @ matrix + bias).numpy()
    return scores


def _remembered(layer: _Recurrent, sequence: torch.Tensor) -> torch.Tensor:
    """Run a layer of gated units over a sequence [steps, in]; return its states [steps, UNITS].

        z, r = hard(x W + h U + b);  c = tanh(x W_c + (r h) U_c + b_c);  h' = z h + (1 - z) c

    with hard(x) = x / 5 + 1/2 cut to 0..1, as Keras 1 had it.
    """
    state = torch.zeros(UNITS)
    states = []
    gates = slice(0, 2 * UNITS)
    candidate = slice(2 * UNITS, 3 * UNITS)
    for given in sequence @ layer.entrance + layer.bias:
        open_by = (given[gates] + state @ layer.memory[:, gates]) / 5 + 0.5
        update, reset = open_by.clamp(0, 1).chunk(2)
        new = torch.tanh(given[candidate] + (reset * state) @ layer.memory[:, candidate])
        state = update * state + (1 - update) * new
        states.append(state)
    return torch.stack(states)


@cache
def _network(path: Path) -> _Network:
    """Read the network from the HDF5 file that Keras 1 wrote under Theano."""
    found: dict[str, npt.NDArray[np.float32]] = {}
    with h5py.File(path, "r") as file:
        for group in file.values():
            found |= {name: values[()] for name, values in group.items()}
    gain, offset = _normalising(found, "bn_0_freq")
    return _Network(
        gain=_tensor(gain),
        offset=_tensor(offset),
        layers=tuple(_layer(found, number + 1, pool) for number, pool in enumerate(POOLS)),
        recurrent=(_recurrent(found, "gru1"), _recurrent(found, "gru2")),
        output=(_tensor(found["output_W"]), _tensor(found["output_b"])),
    )


def _normalising(found: Weights, name: str) -> tuple[Array, Array]:
    """Batch normalisation as gain and offset; what its file calls "std" is the variance."""
    gain = found[f"{name}_gamma"] / np.sqrt(found[f"{name}_running_std"] + np.float32(SLACK))
    return gain, found[f"{name}_beta"] - found[f"{name}_running_mean"] * gain


def _layer(found: Weights, number: int, pool: int) -> tuple[torch.Tensor, torch.Tensor, int]:
    """Fold normalisation into a convolution, which Theano runs over a flipped kernel."""
    gain, offset = _normalising(found, f"bn{number}")
    kernel = found[f"conv{number}_W"][:, :, ::-1, ::-1] * gain[:, None, None, None]
    turned = _tensor(kernel).contiguous(memory_format=torch.channels_last)
    return turned, _tensor(found[f"conv{number}_b"] * gain + offset), pool


def _recurrent(found: Weights, name: str) -> _Recurrent:
    parts = ("W", "U", "b")
    joined = [np.concatenate([found[f"{name}_{p}_{gate}"] for gate in "zrh"], -1) for p in parts]
    return _Recurrent(*(_tensor(values) for values in joined))


def _tensor(values: npt.NDArray[np.floating]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
