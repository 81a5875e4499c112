"""SI-SDR: laws before numbers."""

import numpy as np
import pytest

from audio.clip import Clip
from audio.errors import Silent
from audio.quality import si_sdr


def test_loudness_does_not_count(noise):
    worse = Clip(noise.samples + 0.1 * np.roll(noise.samples, 7, axis=1), noise.sample_rate)
    softer = Clip(worse.samples * np.float32(0.3), noise.sample_rate)
    assert si_sdr(noise, worse) == pytest.approx(si_sdr(noise, softer), abs=1e-3)
    assert si_sdr(noise, worse) == pytest.approx(20, abs=0.5)


def test_perfect_is_infinite_and_silence_the_worst(noise):
    assert si_sdr(noise, noise) > 120
    assert si_sdr(noise, Clip(np.zeros_like(noise.samples), noise.sample_rate)) == float("-inf")


def test_silent_reference_is_refused(noise):
    with pytest.raises(Silent):
        si_sdr(Clip(np.zeros_like(noise.samples), noise.sample_rate), noise)


def test_different_clips_are_refused(noise):
    with pytest.raises(ValueError, match="shape"):
        si_sdr(noise, noise.mono())
    with pytest.raises(ValueError, match="rate"):
        si_sdr(noise, Clip(noise.samples, 48_000))
