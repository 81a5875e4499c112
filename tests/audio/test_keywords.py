"""Words: heard where they are said, nowhere else, and only where somebody speaks."""

import numpy as np
import pytest

from audio import io
from audio.clip import Clip
from audio.keywords import STRETCH, Keywords
from audio.pronunciation import pronunciations
from audio.speech import SAMPLE_RATE
from audio.tagging import tag_file


def _heard(model: Keywords, *pieces: Clip):
    listener = model.listen()
    for piece in pieces:
        listener.hear(piece)
    return listener.tagging()


def _noise(seconds: float) -> np.ndarray:
    random = np.random.default_rng(0)
    return (0.1 * random.standard_normal((1, round(seconds * SAMPLE_RATE)))).astype(np.float32)


def test_a_word_is_heard_at_its_second(say):
    before = say("The quick brown fox jumps over the lazy dog.", "en-us")
    after = say("This meeting was recorded last week.", "en-us")
    both = Clip(np.concatenate([before.samples, after.samples], axis=1), SAMPLE_RATE)
    said = _heard(Keywords("recorded"), both)
    (window,) = np.flatnonzero(said.probabilities[:, 0] >= said.threshold)
    assert before.seconds - 1 <= said.starts[window] <= before.seconds + 1
    assert (said.label, said.overall.shape) == ("recorded", (1,))
    assert not _heard(Keywords("recorded"), before).label


def test_pieces_make_no_difference(say):
    clip = say("The answer is recorded on the board. Seven green bottles stood there.", "en-gb")
    cut = [Clip(part, SAMPLE_RATE) for part in np.split(clip.samples, [7, 30_000], axis=1)]
    whole, parts = _heard(Keywords(), clip), _heard(Keywords(), *cut)
    np.testing.assert_array_equal(whole.probabilities, parts.probabilities)
    np.testing.assert_array_equal(whole.starts, parts.starts)


def test_where_nobody_speaks_there_is_no_window():
    said = _heard(Keywords(), Clip(_noise(5), SAMPLE_RATE))
    assert said.probabilities.shape == (0, 3)
    assert (said.label, said.confidence, said.overall.tolist()) == ("", 0.0, [0, 0, 0])


def test_speech_between_music_is_listened_to(say):
    """Seconds count from the beginning of the file, whatever was passed by."""
    speech = say("We recorded three hours of talk in the old house by the river.", "en-us")
    room = np.zeros((1, round(STRETCH * SAMPLE_RATE) - speech.frames), np.float32)
    sound = [_noise(STRETCH), np.concatenate([speech.samples, room], axis=1), _noise(STRETCH)]
    said = _heard(Keywords("recorded"), *(Clip(part, SAMPLE_RATE) for part in sound))
    assert set(said.starts) == set(np.arange(30, 60))
    assert said.starts[said.probabilities[:, 0].argmax()] in (30, 31)


def test_other_words_are_another_prediction(monkeypatch):
    assert Keywords().labels == ("call", "is", "recorded")
    monkeypatch.setenv("AUDIOPHILE_UTTERANCES", " Hello, thank you,,hello ")
    assert Keywords().labels == ("hello", "thank you")
    assert Keywords().parameters != Keywords("call").parameters
    assert _heard(Keywords(), Clip(_noise(1), SAMPLE_RATE)).parameters == Keywords().parameters


def test_words_that_nobody_can_pronounce_are_named():
    assert Keywords().missing == ""
    assert "“qwrtz”" in Keywords("call,qwrtz").missing
    assert "AUDIOPHILE_UTTERANCES" in Keywords(" , ").missing


def test_words_are_made_of_words_that_are_known():
    assert pronunciations("voicemail")[0] == (*pronunciations("voice")[0], "M", "EY", "L")
    assert pronunciations("thank you")[0] == (*pronunciations("thank")[0], "Y", "UW")
    assert ("K", "OW", "L") in pronunciations("call")
    assert pronunciations("") == []


def test_a_file_of_the_wrong_kind_is_refused():
    with pytest.raises(ValueError, match="mono"):
        _heard(Keywords(), Clip(np.ones((2, 100), np.float32), SAMPLE_RATE))


@pytest.mark.parametrize("seconds", [0.1, 0.6, 3.0])
def test_short_and_silent_files_have_no_words(tmp_path, seconds):
    path = tmp_path / "short.wav"
    io.write(path, Clip(np.zeros((1, round(seconds * SAMPLE_RATE)), np.float32), SAMPLE_RATE))
    (said,) = tag_file(path, asked=[Keywords()])
    assert said.label == "" and not len(said.starts)


def test_other_words_are_another_version():
    assert Keywords().version == Keywords(" Call, is,recorded").version == "1"
    versions = {Keywords(words).version for words in ("call", "is", "call,is", "is,call")}
    assert len(versions) == 4 and "1" not in versions
