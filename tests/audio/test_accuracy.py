"""How far a share can be trusted, and whether confidence is what it says."""

import numpy as np
import pytest

from audio.accuracy import calibration_error, interval


def test_the_interval_covers_the_truth_as_often_as_it_says():
    generator = np.random.default_rng(1)
    truths = generator.uniform(0.1, 0.9, 4000)
    ends = [interval(generator.binomial(40, truth) / 40, 40) for truth in truths]
    covered = np.mean(
        [low <= truth <= high for truth, (low, high) in zip(truths, ends, strict=True)]
    )
    assert 0.94 <= covered <= 0.96


def test_more_units_make_it_narrower_and_it_stays_within_bounds():
    widths = [high - low for low, high in (interval(1.0, n) for n in (1, 10, 100))]
    assert widths == sorted(widths, reverse=True)
    assert interval(0.0, 3)[0] == 0.0 and interval(1.0, 3)[1] == 1.0


def test_confidence_that_is_right_as_often_as_it_says_has_no_error():
    generator = np.random.default_rng(1)
    said = generator.uniform(0, 1, 20_000)
    assert calibration_error(said, generator.uniform(0, 1, 20_000) < said) < 0.02
    assert calibration_error(np.full(10, 0.95), np.zeros(10, bool)) == pytest.approx(0.95)


def test_nothing_to_count_is_refused():
    with pytest.raises(ValueError, match="nothing"):
        interval(0.5, 0)
    with pytest.raises(ValueError, match="nothing"):
        calibration_error([], [])
