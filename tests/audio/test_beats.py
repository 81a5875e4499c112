"""Beats: found on a click track, whatever the level and the pieces; stored without pickle."""

from itertools import pairwise

import numpy as np
import pytest

from audio import beatgrid, beats, compose, io
from audio.beatgrid import BeatGrid
from audio.clip import Clip
from audio.compiled import librosa
from audio.errors import NoBeats, Silent, TooShort
from audio.onsets import FrameMeter

RATE = 22_050


def _clicks(bpm: float = 120.0, seconds: float = 20.0, gain: float = 0.5) -> Clip:
    """Clicks on every beat over a soft chord; every fourth comes with a low thump."""
    t = np.arange(round(seconds * RATE)) / RATE
    beat, since = np.divmod(t, 60 / bpm)
    click = np.random.default_rng(0).standard_normal(len(t)) * np.exp(-60 * since)
    thump = np.sin(2 * np.pi * 60 * since) * np.exp(-15 * since) * (beat % 4 == 2)
    chord = 0.05 * np.sin(2 * np.pi * 220 * t) + 0.04 * np.sin(2 * np.pi * 330 * t)
    return Clip((gain * (0.3 * click + thump + chord)).astype(np.float32)[None], RATE)


@pytest.fixture(scope="module")
def grid() -> BeatGrid:
    return beats.analyse(_clicks())


@pytest.mark.parametrize("bpm", [90.0, 120.0, 140.0])
def test_a_click_track_has_its_tempo(bpm):
    found = beats.analyse(_clicks(bpm))
    assert found.bpm == pytest.approx(bpm, rel=0.02)
    assert found.confidence > 0.6


def test_beats_lie_on_the_clicks(grid):
    assert np.abs(grid.beats - np.round(grid.beats / 0.5) * 0.5).max() < 0.03
    assert np.diff(grid.beats) == pytest.approx(0.5, abs=0.05)


def test_bars_begin_with_the_thump(grid):
    assert np.round(grid.downbeats / 0.5) % 4 == pytest.approx(2)
    starts = np.round(grid.beats[grid.places == 0] / 0.5) % 4
    assert starts == pytest.approx(2)
    assert set(grid.places.tolist()) == {0, 1, 2, 3}


def test_loudness_changes_only_the_loudness():
    soft, loud = beats.analyse(_clicks(gain=0.05)), beats.analyse(_clicks(gain=0.5))
    np.testing.assert_array_equal(soft.beats, loud.beats)
    others = [number for number, name in enumerate(soft.feature_names) if name != "loudness"]
    np.testing.assert_allclose(
        soft.features[:, others], loud.features[:, others], atol=1e-2, rtol=1e-2
    )
    assert loud.column("loudness") - soft.column("loudness") == pytest.approx(20, abs=0.1)


def test_pieces_make_no_difference():
    clip = _clicks(seconds=6.0)
    whole, pieces = FrameMeter(with_timbre=True), FrameMeter(with_timbre=True)
    whole.hear(clip)
    for begin, end in pairwise([0, 100, 3000, 50_000, 50_001, clip.frames]):
        pieces.hear(Clip(clip.samples[:, begin:end], RATE))
    ours, theirs = vars(pieces.frames()), vars(whole.frames())
    for name, values in theirs.items():
        assert len(values) == 1 + clip.frames // 512
        np.testing.assert_allclose(ours[name], values, atol=1e-3, rtol=1e-3, err_msg=name)


def test_onsets_are_those_of_librosa_one_frame_earlier():
    clip = _clicks(seconds=5.0)
    hiss = 0.01 * np.random.default_rng(0).standard_normal(clip.samples.shape)
    clip = Clip(clip.samples + hiss.astype(np.float32), RATE)
    meter = FrameMeter(with_timbre=False)
    meter.hear(clip)
    theirs = librosa.onset.onset_strength(y=clip.samples[0], sr=RATE, aggregate=np.median)
    np.testing.assert_allclose(meter.frames().onset[:-1], theirs[1:], atol=0.01)


def test_a_file_has_the_beats_of_its_sound(tmp_path, grid):
    io.write(tmp_path / "clicks.wav", _clicks())
    reports: list[float] = []
    found = beats.analyse_file(tmp_path / "clicks.wav", reports.append)
    np.testing.assert_allclose(found.beats, grid.beats, atol=0.03)
    assert reports == sorted(reports)
    assert reports[-1] == 1.0


def test_cancelling_goes_through(tmp_path):
    io.write(tmp_path / "clicks.wav", _clicks(seconds=4.0))

    def cancel(fraction: float) -> None:
        raise KeyError("cancelled")

    with pytest.raises(KeyError):
        beats.analyse_file(tmp_path / "clicks.wav", cancel)


def test_a_composed_song_is_on_its_grid():
    song = compose.compose(compose.DEMO[1])
    found = beats.analyse(Clip(np.ascontiguousarray(song.mix.mono().samples[:, ::2]), RATE))
    assert found.bpm == pytest.approx(song.bpm, rel=0.02)


def test_a_grid_is_stored_and_read_without_pickle(tmp_path, grid):
    np.savez(tmp_path / "grid.npz", **grid.to_arrays())
    with np.load(tmp_path / "grid.npz", allow_pickle=False) as arrays:
        again = BeatGrid.from_arrays(arrays)
    for name, value in vars(grid).items():
        np.testing.assert_array_equal(getattr(again, name), value)


def test_each_beat_is_described(grid):
    assert grid.features.shape == (len(grid.beats), len(beatgrid.FEATURES))
    assert grid.features.dtype == np.float32
    assert np.isfinite(grid.features).all()
    assert grid.column("length")[:-1] == pytest.approx(np.log2(np.diff(grid.beats)), abs=1e-4)
    assert (grid.ends > grid.beats).all()
    assert grid.ends[-1] <= grid.seconds


@pytest.mark.parametrize(
    ("samples", "error"),
    [
        (np.zeros(RATE * 5), Silent),
        (np.ones(RATE * 2), TooShort),
        (0.3 * np.sin(np.arange(RATE * 10) * 0.06), NoBeats),
    ],
)
def test_what_has_no_beats_is_refused(samples, error):
    with pytest.raises(error):
        beats.analyse(Clip(samples.astype(np.float32)[None], RATE))


def test_only_mono_at_the_right_rate_is_heard():
    with pytest.raises(ValueError, match="mono"):
        beats.analyse(Clip(np.ones((2, RATE * 4), np.float32), RATE))


def test_a_grid_without_sense_is_refused():
    row = np.zeros((2, len(beatgrid.FEATURES)), np.float32)
    with pytest.raises(ValueError, match="rise"):
        BeatGrid("1", 9.0, 120.0, 1.0, np.array([2.0, 1.0]), np.array([]), row)
    with pytest.raises(ValueError, match="one row"):
        BeatGrid("1", 9.0, 120.0, 1.0, np.array([1.0]), np.array([]), row)
    with pytest.raises(ValueError, match="without"):
        BeatGrid.from_arrays({})
