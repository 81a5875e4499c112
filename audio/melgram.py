"""Mel spectrograms in decibels, as the two pretrained networks were shown them."""

from functools import cache

import numpy as np
import numpy.typing as npt

from audio.compiled import librosa

SAMPLE_RATE = 12_000
N_FFT = 512
HOP = 256
BANDS = 96
RANGE = 80.0  # dB below the loudest that still count
FAINTEST = 1e-10  # power

Array = npt.NDArray[np.float32]


def mel_power(samples: Array, frames: int) -> Array:
    """Measure the power in 96 bands of a mel scale, from 0 to 6000 Hz.

    Frame t is samples t * 256 to t * 256 + 512, under a periodic Hann window.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        At 12,000 Hz, padded by the caller; zeros follow where it ends early.
    frames : int
        How many.

    Returns
    -------
    np.ndarray [shape=(96, frames)]
        float32.

    References
    ----------
    The bands are those of Slaney's Auditory Toolbox with equal area, librosa's default.
    """
    needed = (frames - 1) * HOP + N_FFT
    filled = np.pad(samples, (0, max(0, needed - len(samples)))).astype(np.float32, copy=False)
    framed = np.lib.stride_tricks.sliding_window_view(filled, N_FFT)[::HOP][:frames]
    window, bank = _window_and_bank()
    spectrum = np.fft.rfft(framed * window)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32, copy=False)
    bands: Array = bank @ power.T
    return bands


def decibels(power: Array) -> Array:
    """Return 10 log10 of a power, cut 80 dB below its maximum."""
    level: Array = 10 * np.log10(np.maximum(power, np.float32(FAINTEST)))
    floor: Array = np.maximum(level, level.max() - np.float32(RANGE))
    return floor


@cache
def _window_and_bank() -> tuple[Array, Array]:
    window = np.hanning(N_FFT + 1)[:-1].astype(np.float32)
    bank = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=N_FFT, n_mels=BANDS)
    return window, bank.astype(np.float32)
