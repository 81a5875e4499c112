"""Key and mode of a song, from how often each pitch class sounds."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audio.clip import Clip
from audio.errors import Silent, TooShort
from audio.models import Model, Tagging
from audio.progress import Report, ignore
from audio.spectra import PowerSpectra
from audio.windows import Window, Windows

SAMPLE_RATE = 22_050
N_FFT = 8192
HOP = 4096
LOWEST, HIGHEST = 65.0, 2100.0  # Hz: C2 to C7
FAINTEST = 1e-3  # of a frame's strongest peak, as power
STEPS = 10  # histogram bins a semitone
SHARPNESS = 12.0  # of the softmax over correlations

TONICS = {
    "major": ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"),
    "minor": ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"),
}
"""The names most scores use, by mode; twelve each, from C up."""
KEYS = tuple(f"{tonic} {mode}" for mode, tonics in TONICS.items() for tonic in tonics)

_PROFILES = np.array(
    [
        [0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081],
        [0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052],
    ]
)

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Key:
    """A key: tonic ("A", "Bb"), mode ("major", "minor"), confidence 0..1 (not calibrated)."""

    tonic: str
    mode: str
    confidence: float

    @property
    def name(self) -> str:
        """As people write it: "A minor"."""
        return f"{self.tonic} {self.mode}"


def key(clip: Clip) -> Key:
    """Find the key of a clip.

    Parameters
    ----------
    clip : Clip [shape=(1, n)]
        Mono, at 22,050 Hz.

    Returns
    -------
    Key

    Raises
    ------
    ValueError
        If the clip is not mono at 22,050 Hz.
    TooShort
        If it is shorter than one frame (0.37 s).
    Silent
        If no pitch sounds in it.
    """
    meter = PitchMeter()
    meter.hear(clip)
    return key_of(meter.chroma())


def key_of(chroma: Array) -> Key:
    """Find the key that a pitch-class profile fits best.

    Parameters
    ----------
    chroma : np.ndarray [shape=(12,)]
        How much each pitch class sounds, C first; any scale.

    Returns
    -------
    Key

    Examples
    --------
    >>> key_of(np.array([3.0, 0, 1, 0, 2, 1, 0, 2, 0, 1, 0, 1])).name
    'C major'
    """
    probabilities = key_probabilities(chroma)
    best = int(probabilities.argmax())
    tonic, mode = KEYS[best].split()
    return Key(tonic, mode, float(probabilities[best]))


def key_probabilities(chroma: Array) -> Array:
    """Weigh all 24 keys by the correlation of a pitch-class profile with theirs.

    Parameters
    ----------
    chroma : np.ndarray [shape=(12,)]
        How much each pitch class sounds, C first; any scale.

    Returns
    -------
    np.ndarray [shape=(24,)]
        In the order of `KEYS`; sums to 1 (a softmax: comparable, not calibrated).

    References
    ----------
    Krumhansl's method, "Cognitive foundations of musical pitch", 1990, with the profiles of
    Albrecht, Shanahan, "The use of large corpora to train a new type of key-finding
    algorithm", Music Perception 2013.
    """
    rotated = np.array([np.roll(profile, tonic) for profile in _PROFILES for tonic in range(12)])
    fits = _standardised(rotated) @ _standardised(chroma[None])[0] / 12
    weights = np.exp(SHARPNESS * (fits - fits.max()))
    return np.asarray(weights / weights.sum())


class PitchMeter:
    """Counts pitch classes in a mono signal at 22,050 Hz that arrives in pieces.

    Only spectral peaks count, at their interpolated frequency and with the square root of
    their magnitude, in a histogram of a tenth of a semitone; so tuning is found from the whole
    song at the end, and drums, which have few steady peaks, weigh little.

    References
    ----------
    Gómez, "Tonal description of polyphonic audio for music content processing", 2006 (HPCP).
    """

    def __init__(self) -> None:
        self._spectra = PowerSpectra(N_FFT, HOP)
        self._histogram = np.zeros(12 * STEPS)
        self._frames = 0

    def hear(self, piece: Clip) -> None:
        """Take the next piece: mono, at 22,050 Hz."""
        if piece.channels != 1 or piece.sample_rate != SAMPLE_RATE:
            raise ValueError("The key is listened for in mono sound at 22,050 Hz.")
        self._frames += piece.frames
        self._count(self._spectra.push(piece.samples[0]))

    def chroma(self) -> Array:
        """Return how much each pitch class sounds [12], C first, tuned; ends the listening.

        Raises
        ------
        TooShort
            If there is less sound than one frame.
        Silent
            If no pitch sounds.
        """
        if self._frames < N_FFT:
            raise TooShort("The recording is too short to have a key.")
        self._count(self._spectra.finish())
        if not self._histogram.any():
            raise Silent("The recording has no sound with a pitch.")
        return _folded(self._histogram)

    def _count(self, power: npt.NDArray[np.float32]) -> None:
        frequencies, magnitudes = _peaks(power)
        semitones = 12 * np.log2(frequencies / 440.0) + 9  # 0 is a C
        bins = np.round(semitones * STEPS).astype(int) % len(self._histogram)
        self._histogram += np.bincount(bins, np.sqrt(magnitudes), len(self._histogram))


class KeyModel(Model):
    """The key as a model: 24 labels, window by window and for the whole file."""

    name = "key"
    version = "2"
    sample_rate = SAMPLE_RATE
    labels = KEYS
    threshold = 0.5

    @property
    def parameters(self) -> Mapping[str, float | str]:
        """What else the answer depends on."""
        return {"profiles": "Albrecht-Shanahan", "window_seconds": self.window_seconds}

    def listen(self) -> "KeyListener":
        """Return a listener for one file."""
        return KeyListener(self)


class KeyListener:
    """Counts the pitches of one file and names its key; of each window of a long file too.

    The file's key is that of all pitches together, not the mean of the windows'.
    """

    def __init__(self, model: KeyModel) -> None:
        self._model = model
        self._meter = PitchMeter()
        self._windows = Windows(SAMPLE_RATE, model.window_seconds)
        self._starts: list[float] = []
        self._rows: list[Array] = []

    def hear(self, piece: Clip) -> None:
        """Take the next piece: mono, at 22,050 Hz."""
        self._meter.hear(piece)
        for window in self._windows.hear(piece):
            self._judge(window)

    def tagging(self, report: Report = ignore) -> Tagging:
        """Say the key of what was heard; raises TooShort or Silent."""
        overall = key_probabilities(self._meter.chroma())
        for window in self._windows.rest():
            if window.start:
                self._judge(window)
            else:
                self._keep(0.0, overall)
        report(1.0)
        best = int(overall.argmax())
        return Tagging(
            model=self._model.name,
            version=self._model.version,
            parameters=self._model.parameters,
            labels=KEYS,
            probabilities=np.array(self._rows, np.float32).reshape(-1, len(KEYS)),
            starts=np.array(self._starts),
            window_seconds=self._model.window_seconds,
            label=KEYS[best],
            confidence=float(overall[best]),
            threshold=self._model.threshold,
            overall=overall.astype(np.float32),
        )

    def _judge(self, window: Window) -> None:
        """Find the key of a whole window; those without a pitch are left out."""
        meter = PitchMeter()
        meter.hear(window.clip)
        with suppress(Silent):
            self._keep(window.start, key_probabilities(meter.chroma()))

    def _keep(self, start: float, row: Array) -> None:
        self._starts.append(start)
        self._rows.append(row)


def _standardised(rows: Array) -> Array:
    centred = rows - rows.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, keepdims=True)
    return np.asarray(centred / np.maximum(spread, 1e-12))


def _peaks(power: npt.NDArray[np.float32]) -> tuple[Array, Array]:
    """Frequencies (Hz) and magnitudes of the spectral peaks of all frames [bins, frames].

    A peak's place is the top of the parabola through the logarithms of it and its neighbours.
    """
    first, last = int(LOWEST * N_FFT / SAMPLE_RATE), int(HIGHEST * N_FFT / SAMPLE_RATE)
    low, middle, high = (power[first + shift : last + shift] for shift in (-1, 0, 1))
    strong = middle > FAINTEST * power.max(axis=0, initial=0.0)
    row, column = np.nonzero((middle > low) & (middle >= high) & strong)
    a, b, c = (
        np.log(np.maximum(part[row, column].astype(np.float64), 1e-30))
        for part in (low, middle, high)
    )
    offset = (a - c) / (2 * np.minimum(a - 2 * b + c, -1e-12))
    return (first + row + offset) * SAMPLE_RATE / N_FFT, np.exp(b / 2)


def _folded(histogram: Array) -> Array:
    """Turn a histogram of tenths of semitones into 12 pitch classes, with the tuning taken out."""
    place = np.arange(len(histogram)) / STEPS
    tuning = np.angle(np.sum(histogram * np.exp(2j * np.pi * place))) / (2 * np.pi)
    distance = place[None] - np.arange(12)[:, None] - tuning
    distance = (distance + 6) % 12 - 6
    weight = np.where(np.abs(distance) < 0.5, np.cos(np.pi * distance) ** 2, 0.0)
    return np.asarray(weight @ histogram)
