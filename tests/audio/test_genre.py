"""The genre forest: probabilities, windows, laws, and what it refuses."""

import numpy as np
import pytest

from audio.clip import Clip
from audio.errors import Silent, TooShort
from audio.genre import ARTEFACTS, GenreForest, tempered
from audio.windows import Windows

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
    assert probabilities.shape == (2, len(forest.labels))
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


@pytest.mark.parametrize("windows", [3, 10, 11, 47, 200])
def test_windows_stay_few_and_evenly_spread(windows):
    collector = Windows(100, 1.0, limit=10)
    for second in range(windows):
        collector.hear(Clip(np.full((1, 100), second, np.float32), 100))
    starts = [start for start, _ in collector.clips()]
    assert min(windows, 5) <= len(starts) <= 10
    assert len(set(np.diff(starts))) <= 1
    assert all(clip.samples[0, 0] == start for start, clip in collector.clips())


def test_windows_do_not_depend_on_the_pieces():
    signal = np.random.default_rng(0).random(1234, dtype=np.float32)
    whole, pieces = Windows(100, 1.0), Windows(100, 1.0)
    whole.hear(Clip(signal[None], 100))
    for part in np.split(signal, [7, 500, 501, 999]):
        pieces.hear(Clip(part[None], 100))
    for (start, clip), (other_start, other) in zip(whole.clips(), pieces.clips(), strict=True):
        assert start == other_start
        np.testing.assert_array_equal(clip.samples, other.samples)


def test_a_short_tail_counts_only_alone():
    collector = Windows(100, 1.0)
    collector.hear(Clip(np.ones((1, 30), np.float32), 100))
    assert len(collector.clips()) == 1
    collector.hear(Clip(np.ones((1, 100), np.float32), 100))
    assert [start for start, _ in collector.clips()] == [0.0]
    collector.hear(Clip(np.ones((1, 30), np.float32), 100))
    assert [start for start, _ in collector.clips()] == [0.0, 1.0]


def test_windows_of_another_rate_are_refused():
    with pytest.raises(ValueError, match="100 Hz"):
        Windows(100, 1.0).hear(Clip(np.ones((1, 30), np.float32), 200))
