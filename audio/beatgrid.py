"""BeatGrid: where the beats of a song are and what each sounds like, as plain arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

TONICS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
CHROMA = tuple(f"chroma {tonic}" for tonic in TONICS)
TIMBRE = tuple(f"mfcc {number}" for number in range(1, 14))
FEATURES: tuple[str, ...] = (*CHROMA, *TIMBRE, "loudness", "length")
"""Per beat: chroma (largest 1), MFCC 1..13, loudness (dB), log2 of the length in seconds."""

NO_PLACE = -1


@dataclass(frozen=True, eq=False)
class BeatGrid:
    """The beats of a song.

    Parameters
    ----------
    version : str
        Of the analysis that found them.
    seconds : float
        Length of the song.
    bpm : float
        Tempo; 60 / mean beat length.
    confidence : float
        0..1: how far the onsets on beats stand out from those between them.
    beats : np.ndarray [shape=(n,)]
        Times in seconds, rising; a beat lasts until the next one.
    downbeats : np.ndarray [shape=(m,)]
        Times in seconds of those beats that begin a bar.
    features : np.ndarray [shape=(n, d), dtype=float32]
        What each beat sounds like, from it to the next.
    feature_names : tuple of str
        Names of the d columns.

    Raises
    ------
    ValueError
        If the beats do not rise, or the shapes do not match.
    """

    version: str
    seconds: float
    bpm: float
    confidence: float
    beats: npt.NDArray[np.float64]
    downbeats: npt.NDArray[np.float64]
    features: npt.NDArray[np.float32]
    feature_names: tuple[str, ...] = FEATURES

    def __post_init__(self) -> None:
        if self.beats.ndim != 1 or not len(self.beats) or (np.diff(self.beats) <= 0).any():
            raise ValueError("A beat grid has at least one beat, and its beats rise.")
        if self.features.shape != (len(self.beats), len(self.feature_names)):
            raise ValueError("A beat grid has one row of features for each beat.")

    @property
    def ends(self) -> npt.NDArray[np.float64]:
        """When each beat ends [n]: at the next; the last after a usual beat, or with the song."""
        gaps = np.diff(self.beats)
        usual = float(np.median(gaps)) if len(gaps) else 60 / self.bpm
        last = max(min(self.beats[-1] + usual, self.seconds), np.nextafter(self.beats[-1], np.inf))
        return np.append(self.beats[1:], last)

    @property
    def places(self) -> npt.NDArray[np.int64]:
        """The place of each beat in its bar [n]: 0 on the downbeat, -1 where no bar is known."""
        starts = np.searchsorted(self.beats, self.downbeats - 1e-6)
        starts = starts[starts < len(self.beats)]
        numbers = np.arange(len(self.beats))
        if not len(starts):
            return np.full(len(self.beats), NO_PLACE)
        usual = int(np.median(np.diff(starts))) if len(starts) > 1 else 4
        bar = np.searchsorted(starts, numbers, side="right") - 1
        return np.where(
            bar >= 0, numbers - starts[np.maximum(bar, 0)], (numbers - starts[0]) % usual
        )

    def column(self, name: str) -> npt.NDArray[np.float32]:
        """Return one feature of all beats [n]; ValueError where there is none of that name."""
        return np.asarray(self.features[:, self.feature_names.index(name)])

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return everything as arrays that `np.savez` stores without pickle."""
        return {name: np.asarray(value) for name, value in vars(self).items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> "BeatGrid":
        """Make a grid of what `to_arrays` returned, or of a loaded npz file.

        Raises
        ------
        ValueError
            If an array is missing, or they do not fit together.
        """
        try:
            return cls(
                version=str(arrays["version"]),
                seconds=float(arrays["seconds"]),
                bpm=float(arrays["bpm"]),
                confidence=float(arrays["confidence"]),
                beats=np.asarray(arrays["beats"], np.float64),
                downbeats=np.asarray(arrays["downbeats"], np.float64),
                features=np.asarray(arrays["features"], np.float32),
                feature_names=tuple(str(name) for name in arrays["feature_names"]),
            )
        except KeyError as missing:
            raise ValueError(f"A beat grid without {missing}.") from missing
