"""Keys: of scales and chords, whatever the tuning, the level and the pieces."""

import numpy as np
import pytest

from audio import compose
from audio.clip import Clip
from audio.errors import Silent, TooShort
from audio.key import KEYS, KeyModel, PitchMeter, key, key_of, key_probabilities

RATE = 22_050
C_MAJOR = [(0, 4, 7), (5, 9, 0), (7, 11, 2), (0, 4, 7)]
A_MINOR = [(9, 0, 4), (2, 5, 9), (4, 8, 11), (9, 0, 4)]


def _chords(chords: list[tuple[int, ...]], up: float = 0.0, gain: float = 0.1) -> Clip:
    """Play chords for a second each, every note with four partials; `up` is in semitones."""
    t = np.arange(RATE) / RATE
    pitches = [[261.63 * 2 ** ((note + up) / 12) for note in chord] for chord in chords]
    sound = [
        sum(np.sin(2 * np.pi * n * pitch * t) / n for pitch in chord for n in (1, 2, 3, 4))
        for chord in pitches
    ]
    return Clip((gain * np.concatenate(sound)).astype(np.float32)[None], RATE)


@pytest.mark.parametrize("up", [0, 3, 6, 10])
def test_a_cadence_tells_its_key(up):
    assert key(_chords(C_MAJOR, up)).name == KEYS[up]
    assert key(_chords(A_MINOR, up)).name == KEYS[12 + (9 + up) % 12]


@pytest.mark.parametrize("tuning", [-0.4, -0.2, 0.2, 0.4])
def test_an_orchestra_tuned_otherwise_is_in_the_same_key(tuning):
    assert key(_chords(C_MAJOR, tuning)).name == "C major"


def test_loudness_does_not_change_the_key():
    soft, loud = key(_chords(C_MAJOR, gain=0.01)), key(_chords(C_MAJOR, gain=0.3))
    assert soft.name == loud.name
    assert soft.confidence == pytest.approx(loud.confidence, abs=1e-3)


def test_pieces_make_no_difference():
    clip = _chords(A_MINOR)
    whole, pieces = PitchMeter(), PitchMeter()
    whole.hear(clip)
    for part in np.split(clip.samples, [5, 9000, 50_000], axis=1):
        pieces.hear(Clip(part, RATE))
    np.testing.assert_allclose(whole.chroma(), pieces.chroma(), rtol=1e-4)


def test_the_demo_songs_are_in_their_keys():
    for spec in compose.DEMO:
        song = compose.compose(spec)
        mix = song.mix.mono().samples[:, ::2]  # the aliases lie above what a key is heard in
        assert key(Clip(np.ascontiguousarray(mix), RATE)).name == song.key


def test_probabilities_sum_to_one_and_flat_sound_has_no_key():
    assert key_probabilities(np.ones(12)).sum() == pytest.approx(1.0)
    assert key_of(np.ones(12)).confidence < 0.1


def test_silence_and_a_blink_have_no_key():
    with pytest.raises(Silent):
        key(Clip(np.zeros((1, RATE), np.float32), RATE))
    with pytest.raises(TooShort):
        key(Clip(np.ones((1, 2000), np.float32), RATE))
    with pytest.raises(ValueError, match="mono"):
        key(Clip(np.ones((2, RATE), np.float32), RATE))


def _told(*clips: Clip):
    listener = KeyModel().listen()
    for clip in clips:
        listener.hear(clip)
    return listener.tagging()


def test_a_song_that_modulates_has_a_key_for_each_window():
    first, second = (Clip(np.tile(_chords(C_MAJOR, up).samples, 9), RATE) for up in (0, 6))
    said = _told(first, second)  # 36 s each
    assert said.starts.tolist() == [0, 30, 42]
    assert [KEYS[row.argmax()] for row in said.probabilities] == [
        "C major",
        "F# major",
        "F# major",
    ]
    np.testing.assert_allclose(said.overall.sum(), 1, rtol=1e-5)
    assert said.parameters == KeyModel().parameters


def test_a_short_song_is_one_window_and_says_the_same_as_the_whole():
    said = _told(_chords(A_MINOR))
    assert (said.label, said.starts.tolist()) == ("A minor", [0])
    np.testing.assert_array_equal(said.probabilities[0], said.overall)
    assert said.confidence == pytest.approx(said.overall.max())


def test_windows_without_a_pitch_are_left_out():
    silence = Clip(np.zeros((1, 45 * RATE), np.float32), RATE)
    said = _told(Clip(np.tile(_chords(C_MAJOR).samples, 8), RATE), silence)
    assert said.starts.tolist() == [0, 30]
    with pytest.raises(Silent):
        _told(silence)
