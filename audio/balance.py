"""What became of a mix: how much of it went into each stem, and how far their sum is from it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from audio.clip import Clip, Samples

SILENT = -60.0  # dB of full scale: a stretch whose RMS is below is silent
STRETCH = 0.1  # seconds
FLOOR = -120.0  # dB: less than this is rounding


@dataclass
class Balance:
    """Sums over the batches of one separation, in double precision; linear energies.

    Examples
    --------
    >>> mix, half = (Clip(np.full((1, 100), level, np.float32), 100) for level in (1.0, 0.5))
    >>> balance = Balance()
    >>> balance.add(mix.samples, {"drums": half, "other": half})
    >>> balance.residual_db, balance.share("drums"), balance.silence("drums")
    (-120.0, 0.5, 0.0)
    """

    frames: int = 0
    mix: float = 0.0
    residual: float = 0.0
    stems: dict[str, float] = field(default_factory=dict)
    silent: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Balance":
        """What `as_dict` wrote."""
        return cls(**kept)

    def as_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)

    def add(self, mix: Samples, stems: Mapping[str, Clip]) -> None:
        """Count one more batch.

        Parameters
        ----------
        mix : np.ndarray [shape=(channels, n)]
            The stretch of the mix.
        stems : mapping of str to Clip [shape=(channels, n)]
            The same stretch of all stems that are made.
        """
        self.frames += mix.shape[1]
        self.mix += _energy(mix)
        self.residual += _energy(mix - np.sum([clip.samples for clip in stems.values()], axis=0))
        for name, clip in stems.items():
            self.stems[name] = self.stems.get(name, 0.0) + _energy(clip.samples)
            self.silent[name] = self.silent.get(name, 0) + silent_frames(clip)

    @property
    def residual_db(self) -> float | None:
        """Energy of what the stems do not sum to, below that of the mix; None for silence.

        10 log10(|mix - sum of stems|^2 / |mix|^2), at least -120
        """
        if not self.mix:
            return None
        with np.errstate(divide="ignore"):
            return max(FLOOR, float(10 * np.log10(np.float64(self.residual) / self.mix)))

    def share(self, name: str) -> float:
        """Return a stem's part of the energy of all stems, 0..1; of silence 0."""
        total = sum(self.stems.values())
        return self.stems[name] / total if total else 0.0

    def silence(self, name: str) -> float:
        """Return for how much of the time a stem is silent, 0..1."""
        return self.silent[name] / self.frames if self.frames else 1.0


def silent_frames(clip: Clip) -> int:
    """Count the frames of a clip that lie in silent stretches of a tenth of a second.

    Parameters
    ----------
    clip : Clip [shape=(channels, n)]
        Stretches are counted from its beginning; the last may be shorter.
    """
    power = np.square(clip.samples, dtype=np.float64).mean(axis=0)
    starts = np.arange(0, clip.frames, max(1, round(STRETCH * clip.sample_rate)))
    if not len(starts):
        return 0
    lengths = np.diff(np.r_[starts, clip.frames])
    quiet = np.add.reduceat(power, starts) / lengths < 10 ** (SILENT / 10)
    return int(lengths[quiet].sum())


def _energy(samples: Samples) -> float:
    flat = samples.ravel()
    return float(np.einsum("i,i->", flat, flat, dtype=np.float64))
