"""Stems that are known to the sample, without unmixing any; and ears to hear a page with."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[Any]

RATE = 44_100
STEMS = {"drums": 220.0, "bass": 330.0, "other": 550.0}  # Hz of a quiet tone, left
CLICK, EVERY, FIRST = 0.5, 22_050, 100  # size, frames from one to the next, frame of the first
SOFTER_DB = -3.0  # the stems together than the song

EARS = (Path(__file__).parent / "ears.js").read_text()


def stem(name: str, start: int, frames: int) -> Sound:
    """Some frames of a stem [2, frames]: a tone that is softer on the right, clicks, and hiss.

    The hiss makes its file about as large as those of real stems.
    """
    place = np.arange(start, start + frames)
    tone = 0.06 * np.sin(2 * np.pi * STEMS[name] * place / RATE)
    sound = np.stack([tone, tone * 0.5]) + [_hiss(place, STEMS[name] + side) for side in (1, 2)]
    sound[:, (place - FIRST) % EVERY == 0] = CLICK
    rounded: Sound = (np.rint(sound * 32768) / 32768).astype(np.float32)
    return rounded


def _hiss(place: Sound, seed: float) -> Sound:
    """Noise that is the same at the same place, however it is asked for."""
    mixed = place * 1_103_515_245 + int(seed) * 2_654_435_761 & 0x7FFFFFFF
    mixed = (mixed ^ mixed >> 15) * 1_103_515_245 + 12_345 & 0x7FFFFFFF
    hiss: Sound = ((mixed ^ mixed >> 11) / 2**30 - 1) * 0.01
    return hiss


def song(start: int, frames: int) -> Sound:
    """The mix of all, as loud as it was before it was unmixed."""
    total = np.sum([stem(name, start, frames) for name in STEMS], axis=0) * 10 ** (-SOFTER_DB / 20)
    mixed: Sound = np.clip(total, -1, 1).astype(np.float32)
    return mixed
