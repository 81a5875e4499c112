"""The tagger: its network, its excerpt, and the scores its authors published."""

import json
from dataclasses import replace

import h5py
import numpy as np
import pytest

from audio import io, tagger, weights
from audio.clip import Clip
from audio.errors import Silent, TooShort
from audio.tagger import TAGS, Tagger

RATE = 22_050
CHANNELS = (1, 64, 128, 128, 128)


def _song(seconds: float) -> Clip:
    t = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(0).standard_normal(len(t)) * np.exp(-8 * (t % 0.5))
    return Clip((0.2 * (np.sin(2 * np.pi * 220 * t) + noise)).astype(np.float32)[None], RATE)


def write_tagger(path):
    """A file as Keras 1 laid it out under Theano, of the true shape, with weights from a hat."""
    draw = np.random.default_rng(1)
    with h5py.File(path, "w") as file:

        def put(group, name, shape, middle=0.0, spread=0.1):
            values = np.abs(middle) + draw.normal(0, spread, shape)
            file[f"{group}/{group}_{name}"] = values.astype(np.float32)

        for group, size in [("bn_0_freq", 1440), *((f"bn{n}", CHANNELS[n]) for n in range(1, 5))]:
            put(group, "gamma", size, 1.0)
            put(group, "beta", size)
            put(group, "running_mean", size, spread=1.0)
            put(group, "running_std", size, 400.0 if size == 1440 else 1.0)
        for n in range(1, 5):
            shape = (CHANNELS[n], CHANNELS[n - 1], 3, 3)
            put(f"conv{n}", "W", shape, spread=(9 * CHANNELS[n - 1]) ** -0.5)
            put(f"conv{n}", "b", CHANNELS[n])
        for group, size in (("gru1", 128), ("gru2", 32)):
            for gate in "zrh":
                put(group, f"W_{gate}", (size, 32))
                put(group, f"U_{gate}", (32, 32), spread=0.3)
                put(group, f"b_{gate}", 32)
        put("output", "W", (32, 50), spread=0.5)
        put("output", "b", 50)


@pytest.fixture
def random_net(tmp_path, monkeypatch):
    """The true architecture with random weights, found in a mirror folder as the true ones are."""
    path = tmp_path / "toy.h5"
    write_tagger(path)
    toy = replace(weights.CATALOGUE["tagger"], file="toy.h5", sha256=weights.sha256(path))
    monkeypatch.setitem(weights.CATALOGUE, "tagger", toy)
    monkeypatch.setenv("AUDIOPHILE_MODEL_MIRROR", str(tmp_path))
    monkeypatch.setenv("AUDIOPHILE_WEIGHTS", str(tmp_path / "store"))
    monkeypatch.setenv("AUDIOPHILE_FETCH", "0")
    return path


def _gated(w, name, sequence):
    """A layer of gated units as its definition reads, in numpy."""

    def hard(x):
        return np.clip(0.2 * x + 0.5, 0, 1)

    state, states = np.zeros(32, np.float32), []
    for x in sequence:
        z, r = (
            hard(x @ w[f"{name}_W_{g}"] + state @ w[f"{name}_U_{g}"] + w[f"{name}_b_{g}"])
            for g in "zr"
        )
        inner = x @ w[f"{name}_W_h"] + (r * state) @ w[f"{name}_U_h"] + w[f"{name}_b_h"]
        state = z * state + (1 - z) * np.tanh(inner)
        states.append(state)
    return np.array(states)


def _plain(path, picture):
    """The network as its definition reads: nothing folded, true convolutions, numpy alone."""
    with h5py.File(path) as file:
        w = {key: v[()] for g in file.values() for key, v in g.items()}

    def normal(x, name, shape):
        mean, variance, gamma, beta = (
            w[f"{name}_{part}"].reshape(shape)
            for part in ("running_mean", "running_std", "gamma", "beta")
        )
        return (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta

    heard = normal(np.pad(picture, ((0, 0), (37, 37))), "bn_0_freq", (1, -1))[None]
    for n, pool in enumerate((2, 3, 4, 4), start=1):
        high, wide = heard.shape[1:]
        room, kernel = np.pad(heard, ((0, 0), (1, 1), (1, 1))), w[f"conv{n}_W"]
        taps = [(y, x) for y in range(3) for x in range(3)]
        heard = w[f"conv{n}_b"][:, None, None] + sum(
            np.tensordot(kernel[:, :, 2 - y, 2 - x], room[:, y : y + high, x : x + wide], 1)
            for y, x in taps
        )
        heard = normal(heard, f"bn{n}", (-1, 1, 1))
        heard = np.where(heard > 0, heard, np.expm1(np.minimum(heard, 0)))
        down, across = high // pool, wide // pool
        cut = heard[:, : down * pool, : across * pool]
        heard = cut.reshape(-1, down, pool, across, pool).max(axis=(2, 4))
    last = _gated(w, "gru2", _gated(w, "gru1", heard[:, 0].T))[-1]
    return 1 / (1 + np.exp(-(last @ w["output_W"] + w["output_b"])))


def test_it_is_the_network_of_its_definition(random_net):
    picture = np.random.default_rng(2).normal(-40, 20, (96, 1366)).astype(np.float32)
    scores = tagger._scores(tagger._network(random_net), picture)
    assert scores.shape == (50,) and scores.dtype == np.float32
    np.testing.assert_allclose(scores, _plain(random_net, picture), atol=1e-4)


def test_a_window_has_a_score_for_each_tag(random_net):
    model = Tagger()
    assert model.missing == "" and not model.exclusive
    assert model.predict(_song(31.0)).shape == (1, len(model.labels)) == (1, 50)


def test_the_middle_counts_and_short_clips_are_repeated():
    samples = np.arange(400_000, dtype=np.float32)
    excerpt = tagger._excerpt(samples)
    assert len(excerpt) == 349_440
    assert excerpt[0] - samples[0] == samples[-1] - excerpt[-1]
    np.testing.assert_array_equal(tagger._excerpt(samples[:9])[:20], np.tile(samples[:9], 3)[:20])


def test_silence_and_a_blink_have_no_tags(random_net):
    with pytest.raises(Silent):
        Tagger().predict(Clip(np.zeros((1, RATE), np.float32), RATE))
    with pytest.raises(TooShort):
        Tagger().predict(_song(0.3))


def test_tags_are_fifty_and_distinct():
    assert len(TAGS) == len(set(TAGS)) == 50


def test_the_scores_that_its_authors_published(shared, monkeypatch, tmp_path):
    """Their decoder left out 1,056 samples at the beginning, which ours keeps."""
    monkeypatch.setenv("AUDIOPHILE_MODEL_MIRROR", str(shared / "models"))
    monkeypatch.setenv("AUDIOPHILE_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("AUDIOPHILE_FETCH", "0")
    folder = shared / "data" / "clips" / "tagger"
    for name, scores in json.loads((folder / "expected.json").read_text()).items():
        if name == "note":
            continue
        heard = io.read(folder / f"{name}.mp3", sample_rate=RATE, channels=1)
        ours = Tagger().judge(Clip(heard.samples[:, 528:], RATE))
        for tag, score in scores.items():
            assert ours[TAGS.index(tag)] == pytest.approx(score, abs=0.001), (name, tag)
