"""The music convnet: its resampler, its picture, its network, and the authors' own numbers."""

import csv
from dataclasses import replace

import h5py
import numpy as np
import pytest

from audio import convnet, io, weights
from audio.clip import Clip
from audio.errors import Silent, TooShort
from audio.kaiser import kaiser_best
from audio.melgram import decibels, mel_power

RATE = 22_050


def _song(seconds: float, seed: int = 0) -> Clip:
    t = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).standard_normal(len(t)) * np.exp(-8 * (t % 0.5))
    samples = 0.2 * (np.sin(2 * np.pi * 220 * t) + noise)
    return Clip(samples.astype(np.float32)[None], RATE)


def write_convnet(path, seed=0):
    """A file as Keras 2 lays it out, of the true shape, with weights out of a hat."""
    draw = np.random.default_rng(seed)
    with h5py.File(path, "w") as file:
        for number in range(1, 6):
            conv, norm = f"conv2d_{number}", f"batch_normalization_{number}"
            group = file.create_group(f"model_weights/{conv}/{conv}")
            channels = 1 if number == 1 else 32
            kernel = draw.normal(0, (9 * channels) ** -0.5, (3, 3, channels, 32))
            group["kernel:0"] = kernel.astype(np.float32)
            group["bias:0"] = draw.normal(0, 0.1, 32).astype(np.float32)
            group = file.create_group(f"model_weights/{norm}/{norm}")
            for name in ("gamma", "moving_variance"):
                group[f"{name}:0"] = draw.uniform(0.5, 1.5, 32).astype(np.float32)
            for name in ("beta", "moving_mean"):
                group[f"{name}:0"] = draw.normal(0, 0.1, 32).astype(np.float32)


@pytest.fixture
def random_net(tmp_path, monkeypatch):
    """The true architecture with random weights, found in a mirror folder as the true ones are."""
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    write_convnet(mirror / "toy.hdf5")
    sha256 = weights.sha256(mirror / "toy.hdf5")
    toy = replace(weights.CATALOGUE["convnet"], file="toy.hdf5", sha256=sha256)
    monkeypatch.setitem(weights.CATALOGUE, "convnet", toy)
    monkeypatch.setenv("AUDIOPHILE_MODEL_MIRROR", str(mirror))
    monkeypatch.setenv("AUDIOPHILE_WEIGHTS", str(tmp_path / "store"))
    monkeypatch.setenv("AUDIOPHILE_FETCH", "0")
    return mirror / "toy.hdf5"


def _plain(path, picture):
    """The network as its definition reads: nothing folded, loops over taps, numpy alone."""
    heard, means = picture[None], []
    with h5py.File(path) as file:
        for number, pool in enumerate(convnet.POOLS, start=1):
            down, across = heard.shape[1] // pool[0], heard.shape[2] // pool[1]
            cut = heard[:, : down * pool[0], : across * pool[1]]
            heard = cut.reshape(-1, down, pool[0], across, pool[1]).max(axis=(2, 4))
            conv = file[f"model_weights/conv2d_{number}/conv2d_{number}"]
            norm = file[f"model_weights/batch_normalization_{number}/batch_normalization_{number}"]
            kernel, room = conv["kernel:0"][()], np.pad(heard, ((0, 0), (1, 1), (1, 1)))
            high, wide = heard.shape[1:]
            taps = ((row, column) for row in range(3) for column in range(3))
            heard = conv["bias:0"][()][:, None, None] + sum(
                np.tensordot(kernel[y, x].T, room[:, y : y + high, x : x + wide], 1)
                for y, x in taps
            )
            mean, variance, gamma, beta = (
                norm[f"{name}:0"][()][:, None, None]
                for name in ("moving_mean", "moving_variance", "gamma", "beta")
            )
            heard = (heard - mean) / np.sqrt(variance + 1e-3) * gamma + beta
            heard = np.where(heard > 0, heard, np.expm1(np.minimum(heard, 0)))
            means.append(heard.mean(axis=(1, 2)))
    return np.concatenate(means)


def test_it_is_the_network_of_its_definition(random_net):
    clip = _song(15.0)
    picture = convnet._shown(kaiser_best(clip.samples[0], RATE, 12_000))
    vector = convnet.embedding(clip)
    assert vector.shape == (160,) and vector.dtype == np.float32
    np.testing.assert_allclose(vector, _plain(random_net, picture), rtol=1e-3, atol=1e-5)


def test_loudness_does_not_change_what_is_heard(random_net):
    clip = _song(16.0)
    quiet = Clip(clip.samples * np.float32(0.1), RATE)
    np.testing.assert_allclose(convnet.embedding(clip), convnet.embedding(quiet), atol=1e-4)


def test_only_the_first_29_seconds_count(random_net):
    long, cut = _song(31.0), Clip(_song(31.0).samples[:, : 29 * RATE], RATE)
    np.testing.assert_array_equal(convnet.embedding(long), convnet.embedding(cut))


def test_a_short_clip_is_repeated(random_net):
    short = _song(7.0)
    tiled = Clip(np.tile(short.samples, (1, 5))[:, : 29 * RATE], RATE)
    np.testing.assert_array_equal(convnet.embedding(short), convnet.embedding(tiled))


def test_what_cannot_be_described_is_refused(random_net):
    with pytest.raises(TooShort):
        convnet.embedding(_song(0.4))
    with pytest.raises(Silent):
        convnet.embedding(Clip(np.zeros((1, RATE), np.float32), RATE))
    with pytest.raises(ValueError, match="mono"):
        convnet.embedding(Clip(np.ones((2, RATE), np.float32), RATE))


def test_without_weights_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOPHILE_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("AUDIOPHILE_FETCH", "0")
    monkeypatch.delenv("AUDIOPHILE_MODEL_MIRROR", raising=False)
    assert "administrator can fetch it" in convnet.missing()
    with pytest.raises(weights.WeightsMissing, match=r"model_best\.hdf5"):
        convnet.embedding(_song(5.0))


def test_the_authors_numbers(shared, monkeypatch, tmp_path):
    """Of every eighth song here; of all of them in `python -m benchmarks convnets`."""
    monkeypatch.setenv("AUDIOPHILE_MODEL_MIRROR", str(shared / "models"))
    monkeypatch.setenv("AUDIOPHILE_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("AUDIOPHILE_FETCH", "0")
    data = shared / "data" / "gtzan"
    with (data / "features_30_sec.csv").open(newline="") as file:
        songs = [row["song"] for row in csv.DictReader(file)]
    published = np.load(data / "convnet_160.npy", allow_pickle=False)
    for path in sorted((data / "audio").glob("*.flac"))[::8]:
        truth = published[songs.index(path.stem)]
        vector = convnet.embedding(io.read(path, sample_rate=RATE, channels=1))
        assert np.linalg.norm(vector - truth) < 2e-3 * np.linalg.norm(truth), path.stem


@pytest.mark.parametrize(
    ("source", "target"), [(22_050, 12_000), (44_100, 12_000), (8000, 12_000)]
)
def test_the_resampler_keeps_tones_and_length(source, target):
    t, out = np.arange(source) / source, np.arange(target) / target
    tone = np.sin(2 * np.pi * 1000 * t).astype(np.float32)
    heard = kaiser_best(tone, source, target)
    assert len(heard) == target
    inner = slice(200, -200)
    np.testing.assert_allclose(heard[inner], np.sin(2 * np.pi * 1000 * out)[inner], atol=2e-3)


def test_the_resampler_stops_what_would_fold_back():
    t = np.arange(22_050) / 22_050
    heard = kaiser_best(np.sin(2 * np.pi * 7000 * t).astype(np.float32), 22_050, 12_000)
    assert np.abs(heard[200:-200]).max() < 1e-3


def test_resampling_at_the_same_rate_changes_nothing():
    noise = np.random.default_rng(0).random(1000, dtype=np.float32)
    np.testing.assert_array_equal(kaiser_best(noise, 12_000, 12_000), noise)


def test_a_tone_is_in_its_band_and_decibels_have_a_floor():
    t = np.arange(12_000) / 12_000
    power = mel_power(np.sin(2 * np.pi * 1000 * t).astype(np.float32), 45)
    assert power.shape == (96, 45) and power.dtype == np.float32
    assert len(set(power[:, 5:40].argmax(axis=0))) == 1
    level = decibels(power)
    assert level.min() == pytest.approx(level.max() - 80.0)
