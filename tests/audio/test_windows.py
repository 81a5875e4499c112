"""Windows over a file: all of it is heard, in windows of one length, whatever the pieces."""

import numpy as np
import pytest

from audio.clip import Clip
from audio.windows import Window, Windows

RATE = 100


def _cut(frames: int, *, pieces: int = 1, seconds: float = 3.0) -> list[Window]:
    signal = np.arange(frames, dtype=np.float32)
    windows = Windows(RATE, seconds)
    cut = [
        window
        for piece in np.array_split(signal, pieces)
        for window in windows.hear(Clip(piece[None], RATE))
    ]
    return cut + windows.rest()


@pytest.mark.parametrize("frames", [1, 299, 300, 301, 400, 401, 449, 600, 660, 900, 5000])
def test_every_sample_but_a_short_tail_is_in_a_window(frames):
    heard = np.unique(np.concatenate([clip.samples[0] for _, clip in _cut(frames)]))
    assert frames - len(heard) < 50
    np.testing.assert_array_equal(heard, np.arange(len(heard)))


@pytest.mark.parametrize("frames", [450, 900, 1000, 1150])
def test_windows_start_where_they_say_and_are_equally_long(frames):
    for start, clip in _cut(frames):
        assert clip.samples[0, 0] == round(start * RATE)
        assert 300 <= clip.frames <= 400


def test_a_recording_a_little_longer_than_a_window_is_one_window():
    assert [clip.frames for _, clip in _cut(380)] == [380]


def test_windows_do_not_depend_on_the_pieces():
    whole, pieces = _cut(1234), _cut(1234, pieces=17)
    for (start, clip), (other_start, other) in zip(whole, pieces, strict=True):
        assert start == other_start
        np.testing.assert_array_equal(clip.samples, other.samples)


def test_nothing_is_left_out_however_long_it_lasts():
    starts = [start for start, _ in _cut(400 * 300, pieces=31)]
    assert starts == [3.0 * number for number in range(400)]


def test_windows_of_another_rate_are_refused():
    with pytest.raises(ValueError, match="100 Hz"):
        Windows(RATE, 1.0).hear(Clip(np.ones((1, 30), np.float32), 200))
