"""Our own composer: the truth it states is what is heard."""

import numpy as np
import pytest

from audio import levels
from audio.compose import DEMO, Song, compose, random_spec
from audio.score import STYLES, Spec, bars, chord_line, melody


@pytest.fixture(scope="module")
def demo() -> list[Song]:
    return [compose(spec) for spec in DEMO]


def test_the_demo_songs_differ_and_are_short(demo):
    assert len({song.key for song in demo}) == len({song.bpm for song in demo}) == 3
    assert len({spec.style for spec in DEMO}) == 3
    assert all(30 <= song.mix.seconds <= 45 for song in demo)


def test_the_mix_is_the_sum_of_its_stems_and_does_not_clip(demo):
    for song in demo:
        total = np.sum([clip.samples for clip in song.stems.values()], axis=0)
        np.testing.assert_allclose(song.mix.samples, total, atol=1e-6)
        assert levels.peak(song.mix) == pytest.approx(0.89, abs=0.01)
        assert -24 < levels.rms_db(song.mix) < -12


def test_every_stem_is_heard_and_none_drowns_the_rest(demo):
    for song in demo:
        measured = [levels.rms_db(clip) for clip in song.stems.values()]
        assert max(measured) - min(measured) < 9


def test_kick_drums_land_on_the_bars(demo):
    for spec, song in zip(DEMO, demo, strict=True):
        drums = song.stems["drums"].mono().samples[0]
        low = np.convolve(np.pad(drums**2, (0, 882)), np.ones(441) / 441)  # 10 ms means
        for bar in bars(spec):
            start = round(bar.start * 44_100)
            before, after = low[start], low[start : start + 2205].max()
            assert after > 4 * before or bar.section == "break"


def test_beats_keep_the_tempo(demo):
    for song in demo:
        np.testing.assert_allclose(np.diff(song.beats), 60 / song.bpm)
        np.testing.assert_array_equal(song.downbeats, song.beats[::4])
        assert song.beats[-1] < song.mix.seconds


def test_strong_notes_and_chords_belong_to_the_key():
    for spec in DEMO:
        scale = {
            (spec.tonic + s) % 12
            for s in ((0, 2, 4, 5, 7, 9, 11) if spec.mode == "major" else (0, 2, 3, 5, 7, 8, 10))
        }
        song = bars(spec)
        for note in [*chord_line(spec, song), *melody(spec, song)]:
            assert {pitch % 12 for pitch in note.pitches} <= scale


def test_the_same_wish_is_the_same_song():
    spec = Spec("x", bpm=200, key="Bb major", style="pop", seed=4)
    first, second = compose(spec), compose(spec)
    np.testing.assert_array_equal(first.mix.samples, second.mix.samples)
    assert random_spec(4) != random_spec(5)


@pytest.mark.parametrize("style", STYLES)
def test_every_style_works_in_every_key(style):
    song = compose(Spec("x", bpm=190, key="F# minor", style=style, seed=3))
    assert np.isfinite(song.mix.samples).all()


@pytest.mark.parametrize(
    ("key", "style", "bpm"),
    [
        ("H minor", "pop", 100),
        ("A dorian", "pop", 100),
        ("A minor", "polka", 100),
        ("A minor", "pop", 10),
    ],
)
def test_what_cannot_be_composed_is_refused(key, style, bpm):
    with pytest.raises(ValueError):
        Spec("x", bpm=bpm, key=key, style=style)
