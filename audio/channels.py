"""Mixing sound from some number of channels to another."""

from collections.abc import Sequence

import numpy as np

from audio.clip import Samples

_HALF_POWER = float(np.sqrt(0.5))
_LEFT = {"FL": 1.0, "FLC": 1.0, "WL": 1.0, "SL": _HALF_POWER, "BL": _HALF_POWER, "TFL": 0.5}
_RIGHT = {"FR": 1.0, "FRC": 1.0, "WR": 1.0, "SR": _HALF_POWER, "BR": _HALF_POWER, "TFR": 0.5}
_BOTH = {"FC": _HALF_POWER, "BC": 0.5, "LFE": 0.0, "LFE2": 0.0}


def mix(samples: Samples, channels: int, names: Sequence[str] = ()) -> Samples:
    """Mix to a number of channels.

    One channel is copied to all. To one channel everything is averaged. To two, channels whose
    places are known are mixed as ITU-R BS.775 lays down (centre and surround at -3 dB, the low
    frequency effects left out, then scaled so that nothing can clip); where they are not known,
    the even ones go left and the odd ones right. Otherwise the first are kept and silence added.

    Parameters
    ----------
    samples : np.ndarray [shape=(channels, n), dtype=float32]
        The sound.
    channels : int
        How many are wanted.
    names : sequence of str
        FFmpeg's names of the channels ("FL", "FR", "FC", ...), where known.

    Returns
    -------
    np.ndarray [shape=(channels, n), dtype=float32]

    Raises
    ------
    ValueError
        If fewer than one channel is wanted.

    Examples
    --------
    >>> mix(np.array([[1, 1], [0, 1]], np.float32), 1)
    array([[0.5, 1. ]], dtype=float32)
    """
    if channels < 1:
        raise ValueError(f"Sound has one channel or more, not {channels}.")
    have = samples.shape[0]
    if have == channels:
        return samples
    if have == 1:
        return np.repeat(samples, channels, axis=0)
    if channels == 1:
        middle: Samples = samples.mean(axis=0, keepdims=True, dtype=np.float32)
        return middle
    mixed: Samples = _matrix(have, channels, names) @ samples
    return mixed


def _matrix(have: int, want: int, names: Sequence[str]) -> Samples:
    """Weights [want, have], want >= 2: each row sums to at most 1."""
    if want != 2:
        return np.eye(want, have, dtype=np.float32)
    rows = np.array([[_weight(name, side) for name in names] for side in (_LEFT, _RIGHT)])
    if len(names) != have or not rows.sum(axis=1).all():
        rows = np.array([[float(i % 2 == side) for i in range(have)] for side in (0, 1)])
    matrix: Samples = (rows / rows.sum(axis=1).max()).astype(np.float32)
    return matrix


def _weight(name: str, side: dict[str, float]) -> float:
    return side.get(name, _BOTH.get(name, 0.0))
