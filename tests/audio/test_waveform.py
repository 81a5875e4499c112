"""A waveform at several zooms."""

import numpy as np
import pytest

from audio.clip import Clip
from audio.waveform import FINEST_PER_SECOND, OVERVIEW, Pyramid, from_bytes, to_bytes


def levels(samples: np.ndarray, rate: int, block: int) -> list[np.ndarray]:
    pyramid = Pyramid()
    for start in range(0, samples.shape[1], block):
        pyramid.feed(Clip(samples[:, start : start + block], rate))
    return pyramid.levels()


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(3).uniform(-1, 1, (2, 8000 * 40)).astype(np.float32)


def test_blocks_of_any_size_draw_the_same(noise):
    for one, other in zip(levels(noise, 8000, 320_000), levels(noise, 8000, 777), strict=True):
        np.testing.assert_array_equal(one, other)


def test_every_zoom_shows_the_extremes(noise):
    mono = noise.mean(axis=0)
    for level in levels(noise, 8000, 5000):
        assert level[:, 0].min() == round(mono.min() * 127)
        assert level[:, 1].max() == round(mono.max() * 127)


def test_the_closest_zoom_is_fine_and_the_widest_fits_a_page(noise):
    found = levels(noise, 8000, 5000)
    assert len(found[0]) == 40 * FINEST_PER_SECOND
    assert len(found[-1]) <= OVERVIEW


def test_a_click_is_where_it_is():
    samples = np.zeros((1, 44_100 * 3), np.float32)
    samples[0, 44_100 * 2] = 0.9
    level = levels(samples, 44_100, 1000)[0]
    assert int(level[:, 1].argmax()) == 2 * FINEST_PER_SECOND


@pytest.mark.parametrize("frames", [1, 5, 300])
def test_very_short_is_one_peak_at_least(frames):
    assert len(levels(np.full((1, frames), 0.5, np.float32), 44_100, 100)[0]) >= 1


def test_bytes_come_back(noise):
    found = levels(noise, 8000, 5000)
    data = to_bytes(found)
    first = from_bytes(data[: 2 * len(found[0])])
    assert first == found[0].tolist()
