"""Windows over a file of any length, cut while it is decoded."""

from typing import NamedTuple

import numpy as np

from audio.clip import Clip

SLACK = 1.0  # s by which the only or last window may be longer, so that none of a second is left
SHORTEST_TAIL = 1 / 6  # of a window: less than that at the end is not worth a window


class Window(NamedTuple):
    """A stretch of a file: the second at which it starts, and its sound."""

    start: float
    clip: Clip


class Windows:
    """Cuts a mono signal that arrives in pieces into windows, one after the other.

    At most two windows are held at a time. What remains at the end becomes a window that reaches
    back into the one before it, so that all windows are equally long; up to one second more
    belongs to the last window, and a file shorter than a window is one window.

    Parameters
    ----------
    sample_rate : int
        Hz, of all pieces.
    seconds : float
        Length of a window.
    """

    def __init__(self, sample_rate: int, seconds: float) -> None:
        self._rate = sample_rate
        self._frames = round(seconds * sample_rate)
        self._slack = round(SLACK * sample_rate)
        self._number = 0
        self._before = np.zeros(0, np.float32)
        self._pending = np.zeros(0, np.float32)

    def hear(self, piece: Clip) -> list[Window]:
        """Take the next piece and return the windows that are complete.

        Raises
        ------
        ValueError
            If the piece is not mono, or has another sample rate.
        """
        if piece.channels != 1 or piece.sample_rate != self._rate:
            raise ValueError(f"The pieces are mono at {self._rate} Hz.")
        self._pending = np.concatenate([self._pending, piece.samples[0]])
        windows = []
        while len(self._pending) > self._frames + self._slack:
            self._before, self._pending = np.split(self._pending, [self._frames])
            windows.append(self._window(self._number * self._frames, self._before))
            self._number += 1
        return windows

    def rest(self) -> list[Window]:
        """Return the last window, at the end of the file; none when too little is left."""
        samples, start = self._pending, self._number * self._frames
        if self._number and len(samples) < self._frames:
            if len(samples) < SHORTEST_TAIL * self._frames:
                return []
            start -= self._frames - len(samples)
            samples = np.concatenate([self._before, samples])[-self._frames :]
        return [self._window(start, samples)] if len(samples) else []

    def _window(self, start: int, samples: np.ndarray) -> Window:
        return Window(start / self._rate, Clip(samples[None].copy(), self._rate))
