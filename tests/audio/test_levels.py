"""Levels, gain, crossfades, the soft limit, and mixing of channels."""

import numpy as np
import pytest

from audio import channels, levels
from audio.clip import Clip
from audio.progress import part


def test_gain_adds_to_the_level(noise):
    assert levels.rms_db(levels.gain(noise, -6)) == pytest.approx(
        levels.rms_db(noise) - 6, abs=1e-3
    )


def test_silence_has_the_level_of_silence():
    assert levels.rms_db(Clip(np.zeros((1, 100), np.float32), 8000)) == levels.SILENCE_DB
    assert levels.rms_db(Clip(np.zeros((1, 0), np.float32), 8000)) == levels.SILENCE_DB
    assert levels.peak(Clip(np.zeros((1, 0), np.float32), 8000)) == 0


def test_a_crossfade_of_strangers_keeps_its_power(noise):
    a, b = noise.samples[:, :40_000], noise.samples[:, 40_000:80_000]
    faded = Clip(levels.crossfade(a, b), 44_100)
    assert levels.rms_db(faded) == pytest.approx(levels.rms_db(Clip(a, 44_100)), abs=0.2)
    assert np.abs(faded.samples[:, 0] - a[:, 0]).max() < 1e-3
    assert np.abs(faded.samples[:, -1] - b[:, -1]).max() < 1e-3


def test_a_crossfade_needs_equal_lengths(noise):
    with pytest.raises(ValueError, match="equal shapes"):
        levels.crossfade(noise.samples, noise.samples[:, 1:])


def test_the_soft_limit_lets_the_soft_through_and_nothing_over(noise):
    limited = levels.soft_limit(noise.samples * 8, ceiling=0.9, knee=0.6)
    assert np.abs(limited).max() <= 0.9 + 1e-6
    soft = noise.samples
    np.testing.assert_array_equal(levels.soft_limit(soft, knee=0.6), soft)


def test_mixing_down_cannot_clip():
    loud = np.ones((6, 10), np.float32)
    for names in ((), ("FL", "FR", "FC", "LFE", "BL", "BR")):
        assert np.abs(channels.mix(loud, 2, names)).max() <= 1.0 + 1e-6
        assert np.abs(channels.mix(loud, 1, names)).max() <= 1.0 + 1e-6


def test_the_centre_is_heard_on_both_sides():
    samples = np.zeros((6, 4), np.float32)
    samples[2] = 1.0
    left, right = channels.mix(samples, 2, ("FL", "FR", "FC", "LFE", "BL", "BR"))
    np.testing.assert_array_equal(left, right)
    assert left.all()


def test_no_channels_are_refused(noise):
    with pytest.raises(ValueError, match="one channel"):
        channels.mix(noise.samples, 0)


def test_parts_of_work_join():
    heard: list[float] = []
    for start in (0.0, 0.5):
        for fraction in (0.0, 1.0):
            part(heard.append, start, start + 0.5)(fraction)
    assert heard == [0.0, 0.5, 0.5, 1.0]


@pytest.mark.parametrize("samples", [np.zeros(4, "f4"), np.zeros((1, 4)), np.zeros((0, 4), "f4")])
def test_a_clip_is_float32_with_channels(samples):
    with pytest.raises(ValueError, match="samples of a clip"):
        Clip(samples, 44_100)
