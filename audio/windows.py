"""A bounded number of windows, spread evenly over a file whose length is not known beforehand."""

import numpy as np

from audio.clip import Clip


class Windows:
    """Collects windows of a mono signal that arrives in pieces.

    Every window is kept until there are more than `limit`; then every other one is dropped, and
    from there on only every second window is taken, then every fourth: between half the limit
    and the limit remain, evenly spread, whatever the length. A last, incomplete window counts
    when it is at least half a window long, or the only one.

    Parameters
    ----------
    sample_rate : int
        Hz, of all pieces.
    seconds : float
        Length of a window.
    limit : int
        Most windows to keep.
    """

    def __init__(self, sample_rate: int, seconds: float, limit: int = 10) -> None:
        self._rate = sample_rate
        self._frames = round(seconds * sample_rate)
        self._limit = limit
        self._stride = 1
        self._taken = 0
        self._kept: list[tuple[int, Clip]] = []
        self._pending = np.zeros(0, np.float32)

    def hear(self, piece: Clip) -> None:
        """Take the next piece: mono, at this sample rate.

        Raises
        ------
        ValueError
            If the piece is not mono, or has another sample rate.
        """
        if piece.channels != 1 or piece.sample_rate != self._rate:
            raise ValueError(f"The pieces are mono at {self._rate} Hz.")
        self._pending = np.concatenate([self._pending, piece.samples[0]])
        while len(self._pending) >= self._frames:
            self._take(self._pending[: self._frames])
            self._pending = self._pending[self._frames :]

    def clips(self) -> list[tuple[float, Clip]]:
        """Return the kept windows with the second at which each starts, at the end of the file."""
        kept = list(self._kept)
        tail = self._pending
        enough = 2 * len(tail) >= self._frames and self._taken % self._stride == 0
        if len(tail) and (enough or not self._taken):
            kept.append((self._taken, Clip(tail[None].copy(), self._rate)))
        return [(number * self._frames / self._rate, clip) for number, clip in kept]

    def _take(self, samples: np.ndarray) -> None:
        if self._taken % self._stride == 0:
            self._kept.append((self._taken, Clip(samples[None].copy(), self._rate)))
        self._taken += 1
        if len(self._kept) > self._limit:
            self._kept = self._kept[::2]
            self._stride *= 2
