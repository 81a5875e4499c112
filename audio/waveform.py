"""The peaks of a recording, as a page draws them."""

import numpy as np
from numpy.typing import NDArray

from audio.clip import Clip, Samples

_MOST_BINS = 32_768


class PeakMeter:
    """Hears a recording of unknown length block by block and remembers its outline.

    It keeps the lowest and highest sample of equal bins. When there are too many, neighbours are
    merged and the bins are twice as long from then on: memory is bounded, and a bin is never
    longer than 1/16384 of the recording. Up to 32768 samples are remembered one by one.

    Examples
    --------
    >>> meter = PeakMeter()
    >>> meter.feed(Clip(np.array([[0.5, -1.0, 0.25, 0.0]], np.float32), 44100))
    >>> meter.peaks(2)
    array([[-1.  ,  0.5 ],
           [ 0.  ,  0.25]], dtype=float32)
    """

    def __init__(self) -> None:
        self._size = 1  # frames in a bin
        self._low = np.zeros(_MOST_BINS, np.float32)
        self._high = np.zeros(_MOST_BINS, np.float32)
        self._bins = 0
        self._open: Samples = np.zeros(0, np.float32)  # the extremes in a bin not yet full
        self._inside = 0  # frames in it

    def feed(self, clip: Clip) -> None:
        """Take the next block.

        Parameters
        ----------
        clip : Clip [shape=(channels, n)]
            Its channels are averaged.
        """
        samples = clip.mono().samples[0]
        while samples.size:
            taken = min(samples.size, self._room())
            self._take(samples[:taken])
            samples = samples[taken:]

    def peaks(self, points: int) -> NDArray[np.float32]:
        """Return the outline.

        Parameters
        ----------
        points : int
            How many are wanted, at least 1. More than there are samples repeats them.

        Returns
        -------
        np.ndarray [shape=(points, 2), dtype=float32]
            Lowest and highest sample of each of `points` equal parts; zeros before any sound.

        Raises
        ------
        ValueError
            If there is no point.
        """
        if points < 1:
            raise ValueError(f"An outline has one point or more, not {points}.")
        low, high = self._low[: self._bins], self._high[: self._bins]
        if self._inside:
            low = np.append(low, self._open.min())
            high = np.append(high, self._open.max())
        if not low.size:
            return np.zeros((points, 2), np.float32)
        starts = np.arange(points) * low.size // points
        stops = np.maximum(np.arange(1, points + 1) * low.size // points, starts + 1)
        pairs = [(low[a:b].min(), high[a:b].max()) for a, b in zip(starts, stops, strict=True)]
        return np.array(pairs, np.float32)

    def _room(self) -> int:
        """How many frames fit before neighbours have to be merged."""
        if self._bins == _MOST_BINS:
            self._low[: _MOST_BINS // 2] = np.minimum(self._low[::2], self._low[1::2])
            self._high[: _MOST_BINS // 2] = np.maximum(self._high[::2], self._high[1::2])
            self._bins, self._size = _MOST_BINS // 2, self._size * 2
        return (_MOST_BINS - self._bins) * self._size - self._inside

    def _take(self, samples: Samples) -> None:
        if self._inside:
            samples = self._fill(samples)
        whole = samples.size // self._size
        bins = samples[: whole * self._size].reshape(whole, self._size)
        self._low[self._bins : self._bins + whole] = bins.min(axis=1)
        self._high[self._bins : self._bins + whole] = bins.max(axis=1)
        self._bins += whole
        rest = samples[whole * self._size :]
        if rest.size:
            self._open, self._inside = rest.copy(), rest.size

    def _fill(self, samples: Samples) -> Samples:
        """Complete the open bin; return what is left."""
        taken = samples[: self._size - self._inside]
        self._inside += taken.size
        both = np.concatenate([self._open, taken])
        self._open = np.array([both.min(), both.max()], np.float32)
        if self._inside == self._size:
            self._low[self._bins], self._high[self._bins] = self._open
            self._bins, self._inside = self._bins + 1, 0
        return samples[taken.size :]
