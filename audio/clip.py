"""Clip: samples and their sample rate, the one value in which sound travels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Sound as numbers: float32 [channels, n], full scale at -1..1."""


@dataclass(frozen=True, eq=False)
class Clip:
    """A piece of sound.

    Parameters
    ----------
    samples : np.ndarray [shape=(channels, n), dtype=float32]
        Full scale is -1..1; louder is allowed until it is written to a file.
    sample_rate : int
        In Hz.

    Raises
    ------
    ValueError
        If the samples are not float32 [channels, n] with a channel, or the rate is not positive.

    Examples
    --------
    >>> clip = Clip(np.zeros((2, 22050), np.float32), 44100)
    >>> clip.channels, clip.frames, clip.seconds
    (2, 22050, 0.5)
    """

    samples: Samples
    sample_rate: int

    def __post_init__(self) -> None:
        samples: Any = self.samples
        if not isinstance(samples, np.ndarray) or samples.dtype != np.float32:
            raise ValueError("The samples of a clip are a float32 array.")
        if samples.ndim != 2 or samples.shape[0] < 1:
            raise ValueError(f"The samples of a clip are [channels, n], not {samples.shape}.")
        if self.sample_rate <= 0:
            raise ValueError(f"A sample rate is positive, not {self.sample_rate}.")

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.samples.shape[0])

    @property
    def frames(self) -> int:
        """Number of samples in each channel."""
        return int(self.samples.shape[1])

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate

    def mono(self) -> "Clip":
        """Return the mean of the channels as a clip of one channel."""
        if self.channels == 1:
            return self
        return Clip(self.samples.mean(axis=0, keepdims=True, dtype=np.float32), self.sample_rate)
