"""The genre forest: probabilities, windows, laws, and what it refuses."""

import numpy as np
import pytest

from audio.clip import Clip
from audio.errors import Silent, TooShort
from audio.genre import ARTEFACTS, GenreForest, tempered

RATE = 22_050


def _song(seconds: float, gain: float = 0.2) -> Clip:
    t = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(0).standard_normal(len(t)) * np.exp(-20 * (t % 0.5))
    samples = gain * (np.sin(2 * np.pi * 110 * t) + noise)
    return Clip(samples.astype(np.float32)[None], RATE)


@pytest.fixture(scope="module")
def forest() -> GenreForest:
    return GenreForest()


def test_probabilities_are_one_row_a_window(forest):
    probabilities = forest.predict(_song(65.0))
    assert probabilities.shape == (3, len(forest.labels))  # the last reaches back
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-5)


def test_loudness_does_not_change_the_genre(forest):
    soft, loud = (forest.predict(_song(5.0, gain)) for gain in (0.02, 0.4))
    np.testing.assert_allclose(soft, loud, atol=0.02)


def test_one_second_is_enough(forest):
    assert forest.predict(_song(1.0)).shape == (1, len(forest.labels))


def test_silence_and_a_blink_have_no_genre(forest):
    with pytest.raises(Silent):
        forest.predict(Clip(np.zeros((1, RATE), np.float32), RATE))
    with pytest.raises(TooShort):
        forest.predict(_song(0.4))


def test_silent_windows_are_left_out(forest):
    listener = forest.listen()
    listener.hear(Clip(np.zeros((1, 30 * RATE), np.float32), RATE))
    listener.hear(_song(30.0))
    tagging = listener.tagging()
    assert tagging.starts.tolist() == [30.0]
    assert tagging.label in forest.labels
    assert tagging.confidence == pytest.approx(float(tagging.probabilities.max()))


def test_the_particulars_tell_the_honest_score_from_the_leaky_one(forest):
    honest = forest.particulars["by_artist"]
    assert honest["low"] < honest["accuracy"] < honest["high"]
    assert honest["accuracy"] < forest.particulars["random_split_leaky"]["accuracy"]
    assert (ARTEFACTS / "genre_forest.onnx").stat().st_size < 3_000_000


def test_a_high_temperature_softens():
    votes = np.array([[0.7, 0.3, 0.0]])
    assert tempered(votes, 0.5)[0, 0] > tempered(votes, 1.0)[0, 0] > tempered(votes, 2.0)[0, 0]
    assert tempered(votes, 1.0)[0, 2] > 0
