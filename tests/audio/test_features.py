"""The 57 features: names, laws, and equality with the published table."""

import csv
from pathlib import Path

import numpy as np
import pytest
import scipy.ndimage

from audio import io
from audio.clip import Clip
from audio.errors import Silent, TooShort
from audio.features import FEATURES, LEVEL, features, level_free
from audio.medians import running_median


def _noisy_chord(seconds: float = 3.0, gain: float = 0.1) -> Clip:
    t = np.arange(round(seconds * 22_050)) / 22_050
    chord = sum(np.sin(2 * np.pi * pitch * t) for pitch in (220.0, 277.2, 329.6))
    noise = np.random.default_rng(0).standard_normal(len(t)) * np.exp(-8 * (t % 0.5))
    return Clip((gain * (chord / 3 + noise)).astype(np.float32)[None], 22_050)


def test_there_are_57_finite_features_in_the_order_of_the_tables():
    row = features(_noisy_chord())
    assert row.shape == (57,) == (len(FEATURES),)
    assert np.isfinite(row).all()
    assert FEATURES[:2] == ("chroma_stft_mean", "chroma_stft_var")
    assert FEATURES[16:19] == ("tempo", "mfcc1_mean", "mfcc1_var")


def test_without_its_level_a_louder_copy_is_the_same_row():
    soft, loud = (features(_noisy_chord(gain=gain)) for gain in (0.05, 0.4))
    assert abs(soft - loud).max() > 1
    levelled = level_free(np.array([soft, loud]))
    np.testing.assert_allclose(levelled[0], levelled[1], rtol=1e-3, atol=1e-3)
    assert levelled[:, FEATURES.index("rms_mean")] == pytest.approx(LEVEL)


def test_running_medians_are_those_of_scipy():
    matrix = np.random.default_rng(0).random((7, 40), dtype=np.float32)
    for size in (1, 3, 31, 99):
        expected = scipy.ndimage.median_filter(matrix, size=(1, size), mode="reflect")
        np.testing.assert_array_equal(running_median(matrix, size), expected)


def test_even_medians_are_refused():
    with pytest.raises(ValueError, match="odd"):
        running_median(np.zeros((1, 5), np.float32), 4)


@pytest.mark.parametrize(
    ("clip", "error"),
    [
        (Clip(np.zeros((1, 22_050), np.float32), 22_050), Silent),
        (Clip(np.ones((1, 5_000), np.float32), 22_050), TooShort),
        (Clip(np.ones((1, 44_100), np.float32), 44_100), ValueError),
        (Clip(np.ones((2, 44_100), np.float32), 22_050), ValueError),
    ],
)
def test_what_has_no_features_is_refused(clip, error):
    with pytest.raises(error):
        features(clip)


def test_the_features_of_silence_have_no_level():
    with pytest.raises(ValueError, match="silence"):
        level_free(np.zeros((1, 57)))


def _largest_gap(shared: Path, songs: list[str] | None) -> float:
    """Largest difference from the published rows, in units of each column's spread."""
    with (shared / "data/gtzan/features_30_sec.csv").open() as file:
        table = {
            row["song"]: np.array([float(row[name]) for name in FEATURES])
            for row in csv.DictReader(file)
        }
    spread = np.array(list(table.values())).std(axis=0)
    folder = shared / "data/gtzan/audio"
    songs = songs or [path.stem for path in sorted(folder.glob("*.flac"))]
    return max(
        float((abs(features(io.read(folder / f"{song}.flac")) - table[song]) / spread).max())
        for song in songs
    )


def test_the_published_rows_are_met(shared):
    assert _largest_gap(shared, ["blues.00000", "jazz.00003"]) < 1e-5


@pytest.mark.slow
def test_all_published_rows_are_met(shared):
    assert _largest_gap(shared, None) < 1e-5
