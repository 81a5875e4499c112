"""A waveform at several zooms: peaks of peaks of peaks, small enough to keep and quick to draw."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from audio.clip import Clip

Peaks = npt.NDArray[np.int8]
FACTOR = 4
FINEST_PER_SECOND = 128  # peaks a second at the closest zoom
OVERVIEW = 2000  # the coarsest zoom has at most so many


class Pyramid:
    """Listens to a recording in blocks, and keeps its loudest and softest samples.

    One peak covers 1 / `FINEST_PER_SECOND` seconds; each further zoom joins `FACTOR` of them.
    Memory is two bytes a peak: 2.8 MB for three hours.

    Examples
    --------
    >>> pyramid = Pyramid()
    >>> pyramid.feed(Clip(np.ones((2, 44_100), np.float32), 44_100))
    >>> [len(level) for level in pyramid.levels()]
    [128]
    """

    def __init__(self) -> None:
        self._parts: list[Peaks] = []
        self._rest: npt.NDArray[np.float32] = np.zeros(0, np.float32)
        self._given = 0
        self._heard = 0
        self._rate = 0

    def feed(self, clip: Clip) -> None:
        """Take the next block [channels, n], of any length; one sample rate throughout."""
        self._rate = clip.sample_rate
        mono = clip.samples.mean(axis=0)
        samples = np.concatenate([self._rest, np.nan_to_num(mono)]).astype(np.float32)
        start = self._heard - len(self._rest)
        self._heard += clip.frames
        due = self._heard * FINEST_PER_SECOND // self._rate
        edges = -(-np.arange(self._given, due + 1) * self._rate // FINEST_PER_SECOND) - start
        self._parts.append(_peaks(samples, edges))
        self._rest = samples[edges[-1] :]
        self._given = due

    @property
    def seconds(self) -> float:
        """How much it has heard."""
        return self._heard / self._rate if self._rate else 0.0

    def levels(self) -> list[Peaks]:
        """Return the zooms, closest first: int8 [points, 2] (lowest, highest; full scale 127)."""
        last = _peaks(self._rest, np.array([0, len(self._rest)] if len(self._rest) else [0]))
        finest = np.concatenate([*self._parts, last])
        levels = [finest]
        while len(levels[-1]) > OVERVIEW:
            levels.append(_joined(levels[-1]))
        return levels


def _peaks(
    samples: npt.NDArray[np.float32], edges: Sequence[int] | npt.NDArray[np.int64]
) -> Peaks:
    """Lowest and highest sample between each two edges [points, 2]; edges rise."""
    if len(edges) < 2:
        return np.zeros((0, 2), np.int8)
    begins = np.minimum(np.asarray(edges[:-1]), len(samples) - 1)
    within = samples[: edges[-1]]
    both = [np.minimum.reduceat(within, begins), np.maximum.reduceat(within, begins)]
    peaks: Peaks = np.rint(np.clip(np.stack(both, axis=1), -1, 1) * 127).astype(np.int8)
    return peaks


def _joined(level: Peaks) -> Peaks:
    """Each `FACTOR` peaks as one."""
    begins = np.arange(0, len(level), FACTOR)
    low = np.minimum.reduceat(level[:, 0], begins)
    high = np.maximum.reduceat(level[:, 1], begins)
    return np.stack([low, high], axis=1)


def to_bytes(levels: Sequence[Peaks]) -> bytes:
    """All zooms one after the other, closest first: pairs of signed bytes."""
    return b"".join(level.tobytes() for level in levels)


def from_bytes(data: bytes) -> list[list[int]]:
    """Pairs [lowest, highest] of -127..127, as `to_bytes` wrote them."""
    pairs = np.frombuffer(data, np.int8).reshape(-1, 2)
    return [[int(low), int(high)] for low, high in pairs]
