"""The engine `hpss`: drums, bass and the rest by harmonic/percussive masks."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from audio.clip import Clip, Samples
from audio.medians import running_median
from audio.stems import Alive, Batch, EngineFacts, Level, Options, Resume, asked, nothing
from audio.streaming import windows

Floats = NDArray[np.float32]

N_FFT = 4096
HOP = 1024
KERNEL = 31  # frames in time, bins in frequency
STEP = 512 * HOP  # about 12 s
CONTEXT = N_FFT + (KERNEL // 2 + 1) * HOP

_WINDOW = np.hanning(N_FFT + 1)[:-1].astype(np.float32)
_BASS_TOP = 500.0  # Hz: nothing above is bass

# Gains by frequency (Hz, from there up) and by how percussive a bin is (0..1 in equal steps):
# those that gave the drums of five songs the best mean SDR (`python -m training masks`).
DRUMS = {
    0.0: (0.00, 0.10, 0.21, 0.34, 0.46, 0.57, 0.65, 0.72),
    60.0: (0.01, 0.08, 0.16, 0.25, 0.35, 0.48, 0.61, 0.73),
    100.0: (0.00, 0.01, 0.06, 0.14, 0.24, 0.37, 0.53, 0.72),
    160.0: (0.00, 0.00, 0.02, 0.07, 0.16, 0.28, 0.47, 0.69),
    250.0: (0.01, 0.03, 0.03, 0.05, 0.09, 0.21, 0.42, 0.68),
    500.0: (0.00, 0.01, 0.02, 0.04, 0.10, 0.22, 0.45, 0.70),
    1000.0: (0.01, 0.01, 0.01, 0.03, 0.08, 0.19, 0.39, 0.64),
    2200.0: (0.04, 0.07, 0.09, 0.13, 0.18, 0.28, 0.44, 0.63),
    4500.0: (0.11, 0.21, 0.31, 0.40, 0.48, 0.56, 0.65, 0.74),
    9000.0: (0.19, 0.38, 0.56, 0.71, 0.82, 0.89, 0.91, 0.91),
}
_BASS_GAIN = 0.15  # linear: what it shares its range with is louder than it
_BASS_EDGE = 220.0  # Hz, half way down
_BASS_STEEPNESS = 8


class Hpss:
    """Splits sound by the shape it has in a spectrogram.

    A drum is a vertical line there, a tone a horizontal one. Medians across frequency and across
    time bring each out; how much of a bin is drums is read from a table that was fitted to songs
    whose stems are known. Gains are the same for all channels and mostly
    well below 1: where stems overlap, half of a bin is nearer to the truth than all of it. The
    other stem is the exact remainder: the stems sum to the mix.

    Parameters
    ----------
    facts : EngineFacts
        Its row in `audio.stems.ENGINES`.
    options : Options
        Which stems; the rest of it says nothing to this engine.

    References
    ----------
    Fitzgerald, "Harmonic/percussive separation using median filtering", DAFx 2010; Driedger,
    Mueller, Disch, "Extending harmonic-percussive separation of audio", ISMIR 2014, whose margins
    the table takes further.
    """

    def __init__(self, facts: EngineFacts, options: Options) -> None:
        self.facts, self.stems = facts, asked(facts, options)

    @property
    def parameters(self) -> dict[str, str | int]:
        """Nothing but which stems are made: there is nothing to choose."""
        return {"stems": ",".join(self.stems)}

    def batches(
        self,
        blocks: Iterator[Clip],
        *,
        level: Level | None = None,
        resume: Resume | None = None,
        alive: Alive = nothing,
    ) -> Iterator[Batch]:
        """Split a stream, some 12 s at a time; see `audio.stems.Engine`.

        Windows start on the grid of the transform and have as much context as the medians and
        the transform reach, so the result is that of the whole file at once to about -130 dB.
        """
        done = resume.batches if resume else 0
        for number, window in enumerate(windows(blocks, step=STEP, context=CONTEXT)):
            if number >= done:
                drums, bass = separated(window.clip)
                other = window.clip.samples - drums - bass
                made = {"drums": drums, "bass": bass, "other": other}
                clips = {name: window.own(made[name]) for name in made if name in self.stems}
                yield Batch(clips, Resume(number + 1))


def separated(clip: Clip) -> tuple[Samples, Samples]:
    """Cut drums and bass out of a clip.

    Parameters
    ----------
    clip : Clip [shape=(channels, n)]
        The mix.

    Returns
    -------
    drums, bass : np.ndarray [shape=(channels, n), dtype=float32]
    """
    spectrum = transformed(clip.samples)
    drums, bass = gains(np.abs(spectrum).mean(axis=0), clip.sample_rate)
    return (
        _sound(spectrum * drums, clip.frames),
        _sound(spectrum[..., : bass.shape[1]] * bass, clip.frames),
    )


def gains(magnitude: Floats, sample_rate: int) -> tuple[Floats, Floats]:
    """How much of each bin is drums, and how much is bass.

    For drums that is read from a table, by the bin's frequency and by its `percussiveness`. The
    bass gets a little of what is left below 220 Hz.

    Parameters
    ----------
    magnitude : np.ndarray [shape=(times, bins)]
        Of the mean of the channels.
    sample_rate : int
        In Hz.

    Returns
    -------
    drums : np.ndarray [shape=(times, bins), range=0..1]
    bass : np.ndarray [shape=(times, fewer bins), range=0..1]
        Up to where there is any.
    """
    share = percussiveness(magnitude)
    frequencies = np.arange(magnitude.shape[1]) * sample_rate / N_FFT
    low = int(np.searchsorted(frequencies, _BASS_TOP))
    drums = _read(DRUMS, frequencies, share)
    curve = _BASS_GAIN / (1 + (frequencies[:low] / _BASS_EDGE) ** _BASS_STEEPNESS)
    return drums, (1 - drums[:, :low]) * curve.astype(np.float32)


def percussiveness(magnitude: Floats) -> Floats:
    """How percussive each bin is: P / (P + H) of medians across frequency and across time.

    Parameters
    ----------
    magnitude : np.ndarray [shape=(times, bins)]

    Returns
    -------
    np.ndarray [shape=(times, bins), range=0..1]
    """
    tonal = running_median(np.ascontiguousarray(magnitude.T), KERNEL).T
    percussive = running_median(magnitude, KERNEL)
    share: Floats = percussive / (percussive + tonal + np.float32(1e-12))
    return share


def _read(table: Mapping[float, tuple[float, ...]], frequencies: Any, share: Floats) -> Floats:
    """Look up gains: the row by frequency, the column by the share, between columns by a line."""
    rows = np.array(list(table.values()), np.float32)
    row = np.searchsorted(list(table), frequencies, side="right") - 1
    place = np.clip(share * np.float32(rows.shape[1]) - np.float32(0.5), 0, rows.shape[1] - 1)
    column = np.minimum(place.astype(np.intp), rows.shape[1] - 2)
    part = place - column
    flat, index = rows.ravel(), row * rows.shape[1] + column
    low = flat[index]
    gain: Floats = low + part * (flat[index + 1] - low)
    return gain


def transformed(samples: Samples) -> NDArray[np.complex64]:
    """Short-time spectra [channels, times, bins], on a grid that begins three hops early."""
    times = -(-samples.shape[1] // HOP) + 3
    padded = np.zeros((len(samples), (times + 3) * HOP), np.float32)
    padded[:, 3 * HOP : 3 * HOP + samples.shape[1]] = samples
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT, axis=1)[:, ::HOP]
    spectra: NDArray[np.complex64] = scipy.fft.rfft(frames * _WINDOW)
    return spectra


def _sound(spectrum: NDArray[np.complex64], frames: int) -> Samples:
    """Invert `transformed`; the squares of four overlapping windows sum to 1.5."""
    pieces = scipy.fft.irfft(spectrum, N_FFT) * (_WINDOW / np.float32(1.5))
    channels, times = pieces.shape[:2]
    parts = pieces.reshape(channels, times, 4, HOP)
    out = np.zeros((channels, times + 3, HOP), np.float32)
    for number in range(4):
        out[:, number : number + times] += parts[:, :, number]
    return out.reshape(channels, -1)[:, 3 * HOP : 3 * HOP + frames]
