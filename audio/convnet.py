"""The pretrained music convnet: what 29 seconds sound like, as 160 numbers."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import conv2d, elu, max_pool2d

from audio import weights
from audio.clip import Clip
from audio.errors import Silent, TooShort
from audio.kaiser import kaiser_best
from audio.melgram import HOP, SAMPLE_RATE, decibels, mel_power
from audio.once import once_per_clip
from audio.progress import Report, ignore

WEIGHTS = "convnet"
"""Its name in the catalogue `audio.weights`."""
DIMENSIONS = 160
SECONDS = 29.0  # it was trained on excerpts of this length
ENOUGH = 15.0  # s; shorter clips are repeated until they last SECONDS
SHORTEST = 0.5  # s
AHEAD = 257  # zeros before the first sample: half a frame, and one by the shape of its kernels
POOLS = ((1, 1), (2, 4), (3, 4), (2, 5), (2, 4))  # bands, frames: ahead of each layer
SLACK = 1e-3  # added to variances by its batch normalisation

Embedding = npt.NDArray[np.float32]


class _Layer(NamedTuple):
    """A pooling, and a convolution with the batch normalisation after it folded in."""

    pool: tuple[int, int]
    kernel: torch.Tensor
    bias: torch.Tensor


def missing() -> str:
    """Say what keeps the convnet from being asked here, and the way out; empty when nothing."""
    return weights.missing(WEIGHTS)


def prepare(report: Report = ignore) -> None:
    """Fetch the weights, where that may be done unasked. Raises WeightsMissing where it fails."""
    weights.ensure(WEIGHTS, report)


@once_per_clip
def embedding(clip: Clip) -> Embedding:
    """Describe a clip by the means of the 32 channels of each of five layers.

    The first 29 seconds count. From 15 seconds on a shorter clip is heard as it is; below, it is
    repeated until it lasts 29 seconds. Of 292 songs cut to 15 s a logistic regression knew 0.73
    as they were and 0.67 repeated, a support vector machine 0.70 and 0.67; of those cut to 7 s
    0.62 and 0.68, 0.56 and 0.67. Zeros are never appended: then it knew hardly any.

    Parameters
    ----------
    clip : Clip [shape=(1, n)]
        Mono, of any sample rate; it was trained on music at 22,050 Hz and listens at 12,000 Hz.

    Returns
    -------
    np.ndarray [shape=(160,)]
        float32; layer by layer.

    Raises
    ------
    TooShort
        If the clip is shorter than half a second.
    Silent
        If all its samples are zero.
    ValueError
        If it is not mono.
    audio.weights.WeightsMissing
        If its weights are not on this machine.

    References
    ----------
    Choi, Fazekas, Sandler, Cho, "Transfer learning for music classification and regression
    tasks", ISMIR 2017 (arXiv:1703.09179); the weights are ``keras2_model/model_best.hdf5`` of
    keunwoochoi/transfer_learning_music, and the numbers those of its pull request 11
    (``gtzan_genre_keras2.npy``). Batch normalisation is folded into the convolutions.
    """
    if clip.channels != 1:
        raise ValueError("The convnet listens in mono.")
    if clip.seconds < SHORTEST:
        raise TooShort("The recording is shorter than half a second.")
    if not clip.samples.any():
        raise Silent("The recording is silent.")
    layers = _layers(weights.ensure(WEIGHTS))
    excerpt = _excerpt(clip.samples[0], clip.sample_rate)
    return _through(layers, _shown(kaiser_best(excerpt, clip.sample_rate, SAMPLE_RATE)))


def _excerpt(samples: Embedding, sample_rate: int) -> Embedding:
    """The first 29 seconds; of less than 15, as many repetitions as fill them."""
    wanted = round(SECONDS * sample_rate)
    return np.resize(samples, wanted) if len(samples) < ENOUGH * sample_rate else samples[:wanted]


def _shown(samples: Embedding) -> Embedding:
    """The picture [96, frames] that the network sees: decibels, of mean 0 and deviation 1."""
    frames = -(-len(samples) // HOP)
    level = decibels(mel_power(np.pad(samples, (AHEAD, 0)), frames))
    normal: Embedding = (level - level.mean()) / (level.std() + np.float32(1e-10))
    return normal


def _through(layers: tuple[_Layer, ...], picture: Embedding) -> Embedding:
    means = []
    with torch.inference_mode():
        heard = torch.from_numpy(picture)[None, None]
        for layer in layers:
            pooled = max_pool2d(heard, layer.pool)
            heard = elu(conv2d(pooled, layer.kernel, layer.bias, padding=1), inplace=True)
            means.append(heard.mean(dim=(2, 3))[0])
        result: Embedding = torch.cat(means).numpy()
    return result


@cache
def _layers(path: Path) -> tuple[_Layer, ...]:
    """Read the network from the HDF5 file that Keras 2 wrote."""
    with h5py.File(path, "r") as file:
        root = file["model_weights"]
        return tuple(_layer(root, number + 1, pool) for number, pool in enumerate(POOLS))


def _layer(root: h5py.Group, number: int, pool: tuple[int, int]) -> _Layer:
    """Fold normalisation into convolution: g (x*k + b - m) / s + c = x * (gk/s) + (b - m) g/s + c.

    Keras keeps kernels as [height, width, in, out], torch as [out, in, height, width].
    """

    def read(layer: str, name: str) -> npt.NDArray[np.float64]:
        values = root[f"{layer}_{number}/{layer}_{number}/{name}:0"][()]
        return np.asarray(values, dtype=np.float64)

    norm = "batch_normalization"
    gain = read(norm, "gamma") / np.sqrt(read(norm, "moving_variance") + SLACK)
    bias = (read("conv2d", "bias") - read(norm, "moving_mean")) * gain + read(norm, "beta")
    kernel = (read("conv2d", "kernel") * gain).transpose(3, 2, 0, 1)
    return _Layer(pool, _tensor(kernel), _tensor(bias))


def _tensor(values: npt.NDArray[np.float64]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
