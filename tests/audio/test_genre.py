"""The genre models: probabilities, windows, laws, and what they refuse."""

import numpy as np
import pytest

from audio.clip import Clip
from audio.errors import Silent, TooShort
from audio.genre import MODELS, GenreConvnet, GenreEnsemble, GenreForest
from audio.genre_facts import ARTEFACTS, NAMES, in_force, particulars, trained
from audio.genre_heads import Linear, described, heard, softmax, strangeness, tempered

RATE = 22_050


def _song(seconds: float, gain: float = 0.2) -> Clip:
    t = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(0).standard_normal(len(t)) * np.exp(-20 * (t % 0.5))
    samples = gain * (np.sin(2 * np.pi * 110 * t) + noise)
    return Clip(samples.astype(np.float32)[None], RATE)


@pytest.fixture(scope="module")
def forest() -> GenreForest:
    return GenreForest()


@pytest.fixture
def deaf(monkeypatch, tmp_path) -> None:
    """A machine without the convnet's weights."""
    monkeypatch.setenv("AUDIOPHILE_WEIGHTS", str(tmp_path))
    monkeypatch.delenv("AUDIOPHILE_MODEL_MIRROR", raising=False)


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


def test_all_shipped_models_say_the_same_genres():
    assert trained() == NAMES
    assert len({(model().labels, model().version) for model in MODELS}) == 1


@pytest.mark.parametrize("name", NAMES)
def test_the_particulars_tell_the_honest_score_from_the_leaky_one(name):
    facts = particulars(name)
    honest = facts["by_artist"]
    assert honest["low"] < honest["accuracy"] < honest["high"]
    assert honest["accuracy"] < facts["random_split_leaky"]["accuracy"]


def test_the_artefact_is_small():
    assert sum(path.stat().st_size for path in ARTEFACTS.iterdir()) < 4_000_000


def test_without_the_convnet_the_ensemble_says_what_the_forest_says(forest, deaf):
    ensemble, song = GenreEnsemble(), _song(3.0)
    assert not ensemble.missing
    assert ensemble.parameters["heard"] == "features"
    np.testing.assert_array_equal(ensemble.predict(song), forest.predict(song))
    assert GenreConvnet().missing


def test_without_the_convnet_the_ensemble_scores_as_the_forest_does(forest, deaf):
    ensemble = GenreEnsemble()
    assert ensemble.particulars == forest.particulars
    assert (ensemble.version, ensemble.labels) == (forest.version, forest.labels)
    assert in_force(ensemble.name, deaf=True) == forest.name
    assert in_force(ensemble.name, deaf=False) == ensemble.name


def test_all_of_a_file_is_heard_alike(deaf, monkeypatch, shared):
    """Weights that arrive in the middle of a file are heard from the next one on."""
    ensemble = GenreEnsemble()
    listener = ensemble.listen()
    monkeypatch.setenv("AUDIOPHILE_MODEL_MIRROR", str(shared / "models"))
    listener.hear(_song(3.0))
    assert listener.tagging().parameters["heard"] == "features"
    assert ensemble.parameters["heard"] == "features+convnet"


def test_with_the_convnet_the_ensemble_hears_both(shared, monkeypatch):
    monkeypatch.setenv("AUDIOPHILE_MODEL_MIRROR", str(shared / "models"))
    ensemble, song = GenreEnsemble(), _song(3.0)
    assert ensemble.parameters["heard"] == "features+convnet"
    np.testing.assert_allclose(ensemble.predict(song).sum(), 1.0, atol=1e-5)
    assert not GenreConvnet().missing
    assert GenreConvnet().predict(song).shape == (1, len(ensemble.labels))


def test_the_ensemble_hears_rows_as_they_come():
    rows = np.abs(np.random.default_rng(0).normal(100, 30, (4, 57)))
    embeddings = np.random.default_rng(1).normal(0.2, 0.2, (4, 160))
    together = GenreEnsemble().classify(rows, embeddings)
    one_by_one = [GenreEnsemble().classify(rows[[n]], embeddings[[n]])[0] for n in range(4)]
    np.testing.assert_allclose(together, one_by_one, atol=1e-6)


def test_the_convnet_may_be_a_hair_off():
    """Embeddings computed here agree with the table's to 2e-3: that must not matter."""
    random = np.random.default_rng(0)
    embeddings = random.normal(0.2, 0.3, (50, 160)).clip(-0.9)
    size = np.linalg.norm(embeddings, axis=1, keepdims=True)
    error = random.standard_normal(embeddings.shape)
    error *= 2e-3 * size / np.linalg.norm(error, axis=1, keepdims=True)
    one, two = (GenreConvnet().classify(None, e) for e in (embeddings, embeddings + error))
    assert np.abs(one - two).max() < 0.05


@pytest.mark.parametrize("kind", MODELS)
def test_rows_that_are_not_there_are_asked_for(kind):
    with pytest.raises(ValueError, match="judges by"):
        kind().classify(None, None)


def test_no_sound_is_farther_out_than_three_spreads():
    line = Linear(np.zeros(1), np.ones(1), np.ones((1, 2)), np.zeros(2))
    np.testing.assert_array_equal(line(np.array([[3.0], [1e9]])), [[3, 3], [3, 3]])


def test_what_models_take_is_finite_whatever_is_heard():
    silent = np.zeros((1, 57))
    silent[0, 2] = 1e-6  # the least sound that has a level
    assert np.isfinite(described(silent)).all()
    assert np.isfinite(heard(np.full((1, 160), -1.0))).all()


def test_large_logits_are_still_probabilities():
    np.testing.assert_array_equal(softmax(np.array([[1e4, -1e4]])), [[1, 0]])


def test_what_is_no_music_is_not_called_metal(shared, monkeypatch):
    monkeypatch.setenv("AUDIOPHILE_MODEL_MIRROR", str(shared / "models"))
    random, t = np.random.default_rng(0), np.arange(5 * RATE) / RATE
    white = random.standard_normal(len(t)) / 10
    for sound in (white, np.cumsum(white) / 100, np.sin(2 * np.pi * 440 * t) / 3):
        said = GenreEnsemble().predict(Clip(sound.astype(np.float32)[None], RATE))
        assert said.max() < 0.2


def test_doubt_changes_no_order_and_nothing_that_is_familiar():
    said = np.array([[0.7, 0.2, 0.1]] * 3, np.float32)
    doubted = tempered(said, np.array([2.25, 2.6, 9.0]))
    np.testing.assert_array_equal(doubted[0], said[0])
    assert doubted[0, 0] > doubted[1, 0] > doubted[2, 0] > doubted[2, 1] > doubted[2, 2]
    np.testing.assert_allclose(doubted.sum(axis=1), 1.0, atol=1e-6)


def test_the_stranger_part_of_a_row_counts():
    line = Linear(np.zeros(4), np.ones(4), np.ones((4, 2)), np.zeros(2))
    row = np.array([[1.0, 1.0, 1.0, 1e9]])
    assert strangeness(line, row, 3) == 10.0
    assert strangeness(line, row) == pytest.approx(np.sqrt(103 / 4))
