"""A resampler that gives the very samples on which published networks were trained."""

from fractions import Fraction
from functools import cache

import numpy as np
import numpy.typing as npt

CROSSINGS = 64  # zero crossings of the sinc on either side
TABLE = 512  # entries of the table a crossing
BETA = 14.769656459379492  # of the Kaiser window
ROLLOFF = 0.9475937167399596  # of the pass band
PIECE = 512  # rounds computed at once: bounds memory

Array = npt.NDArray[np.float32]


def kaiser_best(samples: Array, source: int, target: int) -> Array:
    """Resample a signal with the windowed sinc that was called "kaiser_best" in 2016.

    Sample t of the output is a weighted sum of the input around place t * source / target. Those
    places repeat in a round of a few phases, whose weights are the columns of one matrix; a
    whole round of outputs is one product of a stretch of the input with it.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        The signal.
    source, target : int
        Sample rates in Hz.

    Returns
    -------
    np.ndarray [shape=(floor(n * target / source),)]
        float32.

    References
    ----------
    J. O. Smith, "Digital audio resampling"; the table is that of resampy 0.2 (B. McFee, file
    ``filters.py``), even to the step through it being cut to an integer, which shifts the
    filter's edge by a per mille. Computed without a loop over samples, it differs by rounding.
    """
    if source == target:
        return samples
    ratio = Fraction(target, source)
    weights = _weights(ratio)
    before = (weights.shape[0] - ratio.denominator) // 2
    length = int(len(samples) * ratio)
    rounds = -(-length // ratio.numerator)
    room = max(0, rounds * ratio.denominator + before - len(samples))
    padded = np.pad(samples.astype(np.float32, copy=False), (before, room))
    stretches = np.lib.stride_tricks.sliding_window_view(padded, weights.shape[0])
    stretches = stretches[:: ratio.denominator][:rounds]
    pieces = [
        np.ascontiguousarray(stretches[at : at + PIECE]) @ weights
        for at in range(0, rounds, PIECE)
    ]
    return np.concatenate([np.zeros((0, ratio.numerator), np.float32), *pieces]).ravel()[:length]


@cache
def _weights(ratio: Fraction) -> Array:
    """What each sample of a stretch weighs in each output of a round [stretch, phases].

    A stretch begins `before` samples ahead of its round and ends as many after it.
    """
    table, step = _table(ratio)
    scale = min(ratio, Fraction(1))
    reach = len(table) // step + 1
    weights = np.zeros((ratio.denominator + 2 * reach, ratio.numerator))
    for phase in range(ratio.numerator):
        place = phase / ratio
        whole = int(place)
        past, coming = place - whole, 1 - (place - whole)
        left, right = (_wing(table, step, scale * part) for part in (past, coming))
        centre = reach + whole
        weights[centre - len(left) + 1 : centre + 1, phase] = left[::-1]
        weights[centre + 1 : centre + 1 + len(right), phase] = right
    return weights.astype(np.float32)


def _table(ratio: Fraction) -> tuple[npt.NDArray[np.float64], int]:
    """One wing of the filter, scaled for the ratio, and the entries from sample to sample."""
    crossings = np.linspace(0, CROSSINGS, CROSSINGS * TABLE + 1)
    taper = np.kaiser(2 * len(crossings) - 1, BETA)[len(crossings) - 1 :]
    scale = min(ratio, Fraction(1))
    return float(scale) * taper * ROLLOFF * np.sinc(ROLLOFF * crossings), int(scale * TABLE)


def _wing(
    table: npt.NDArray[np.float64], step: int, distance: Fraction
) -> npt.NDArray[np.float64]:
    """The weights of the samples from `distance` on outwards, read between the entries."""
    entry = distance * TABLE
    first, between = int(entry), float(entry - int(entry))
    wanted = first + step * np.arange((len(table) - first) // step)
    return table[wanted] + between * np.diff(table, append=table[-1])[wanted]
