"""What is to be heard where two pieces meet: brightness that neither had, a step in loudness."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import signal

from audio.beatgrid import BeatGrid
from audio.clip import Samples
from audio.recipe import Recipe
from audio.remix import SAMPLE_RATE

CLICK = 10.0  # dB over the louder source: likely to be heard
BRIGHT = 8000.0  # Hz
NEAR = round(0.005 * SAMPLE_RATE)  # samples on each side where a click would be
BESIDE = round(0.1 * SAMPLE_RATE)  # samples on each side whose loudness is compared
FLOOR = 1e-10  # mean square; what is fainter nobody hears

_ABOVE = signal.butter(8, BRIGHT, "highpass", fs=SAMPLE_RATE, output="sos")

Values = npt.NDArray[np.float64]


def sample(seconds: float) -> int:
    """Return the sample of a time, as the renderer counts them."""
    return round(seconds * SAMPLE_RATE)


def above(samples: Samples) -> Values:
    """Keep what lies above 8 kHz, unshifted."""
    return np.asarray(signal.sosfiltfilt(_ABOVE, samples.astype(np.float64)))


def gain(tape: Samples, hard: Samples) -> float:
    """Find how much (linear) a rendered tape was turned down against the same by hard cuts."""
    frames = min(tape.shape[1], hard.shape[1]) - 2 * SAMPLE_RATE  # its end is faded out
    a, b = (samples[:, :frames].astype(np.float64).ravel() for samples in (tape, hard))
    return float(a @ b / (b @ b))


def excess(recipe: Recipe, bright: Values, sources: Mapping[str, Values]) -> Values:
    """Say for each jump how much brighter (dB) it is than the brighter source at that place.

    `bright` and `sources` are what `above` left of the tape and of the songs.
    """
    found = []
    for before, after in pairwise(recipe.segments):
        places = (
            (sources[before.song], before.stop, before.gain_db),
            (sources[after.song], after.start, after.gain_db),
        )
        untouched = max(_power(s, sample(t), NEAR) * 10 ** (db / 10) for s, t, db in places)
        heard = _power(bright, sample(after.at), NEAR)
        found.append(10 * np.log10((heard + FLOOR) / (untouched + FLOOR)))
    return np.array(found)


def steps(recipe: Recipe, tape: Samples) -> Values:
    """Say for each jump how much (dB) loudness differs between the 100 ms on both sides."""
    return np.array([_step(tape, sample(segment.at)) for segment in recipe.segments[1:]])


def unbroken(grids: Mapping[str, BeatGrid], sources: Mapping[str, Samples]) -> Values:
    """Say the same for every beat of songs that play on."""
    return np.array(
        [
            _step(sources[song], sample(time))
            for song, grid in grids.items()
            for time in grid.beats[1:-1]
        ]
    )


def _step(tape: Samples, place: int) -> float:
    before = np.mean(np.square(tape[:, max(place - BESIDE, 0) : place], dtype=np.float64))
    after = np.mean(np.square(tape[:, place : place + BESIDE], dtype=np.float64))
    return float(abs(10 * np.log10((after + FLOOR) / (before + FLOOR))))


def _power(samples: Values, place: int, width: int) -> float:
    near = samples[:, max(place - width, 0) : place + width + 1]
    return float(np.mean(np.square(near))) if near.size else 0.0
