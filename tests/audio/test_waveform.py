"""The outline of a recording."""

import numpy as np
import pytest

from audio.clip import Clip
from audio.waveform import PeakMeter


def outline(samples: np.ndarray, block: int, points: int) -> np.ndarray:
    meter = PeakMeter()
    for start in range(0, samples.shape[1], block):
        meter.feed(Clip(samples[:, start : start + block], 44_100))
    return meter.peaks(points)


@pytest.mark.parametrize("frames", [5, 32_768, 32_769, 100_000, 300_001])
def test_the_size_of_the_blocks_does_not_matter(frames):
    samples = np.random.default_rng(frames).uniform(-1, 1, (1, frames)).astype(np.float32)
    np.testing.assert_array_equal(outline(samples, 4096, 500), outline(samples, 70_001, 500))


def test_every_extreme_is_there_in_its_place():
    samples = np.zeros((1, 1_000_000), np.float32)
    samples[0, 123_456], samples[0, 765_432] = 1.0, -0.5
    peaks = outline(samples, 10_000, 1000)
    assert peaks.shape == (1000, 2)
    assert peaks[:, 1].argmax() == 123
    assert peaks[:, 0].argmin() == 765
    assert (peaks[:, 1].max(), peaks[:, 0].min()) == (1.0, -0.5)


def test_channels_are_averaged():
    assert outline(np.array([[1.0, 0.0], [0.0, 0.0]], np.float32), 2, 2)[0, 1] == 0.5


def test_few_samples_are_repeated_and_none_are_zeros():
    assert outline(np.array([[0.5, -0.5]], np.float32), 1, 4)[:, 1].tolist() == [
        0.5,
        0.5,
        -0.5,
        -0.5,
    ]
    assert not PeakMeter().peaks(10).any()


def test_no_points_is_refused():
    with pytest.raises(ValueError, match="one point"):
        PeakMeter().peaks(0)
