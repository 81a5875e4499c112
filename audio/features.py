"""The 57 hand-crafted features of a clip that the genre forest was trained on."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from audio.clip import Clip
from audio.compiled import librosa
from audio.errors import Silent, TooShort
from audio.medians import running_median
from audio.once import once_per_clip

SAMPLE_RATE = 22_050
N_FFT = 2048
HOP = 512
MFCCS = 20
MEDIAN_FRAMES = 31
SHORTEST = 0.5  # seconds
MEL_BANDS = 128
LEVEL = 0.1  # the RMS that `level_free` plays everything at

Array = npt.NDArray[np.floating]

_SUMMARISED = (
    "chroma_stft", "rms", "spectral_centroid", "spectral_bandwidth", "rolloff",
    "zero_crossing_rate", "harmony", "perceptr",
)  # fmt: skip
_MFCC_NAMES = tuple(f"mfcc{number}" for number in range(1, MFCCS + 1))

FEATURES: tuple[str, ...] = (
    *(f"{name}_{figure}" for name in _SUMMARISED for figure in ("mean", "var")),
    "tempo",
    *(f"{name}_{figure}" for name in _MFCC_NAMES for figure in ("mean", "var")),
)


class _Spectra(NamedTuple):
    """What the features share, computed once."""

    stft: npt.NDArray[np.complexfloating]
    magnitude: Array
    power: Array
    mel_db: Array


@once_per_clip
def features(clip: Clip) -> npt.NDArray[np.float64]:
    """Describe a clip by 57 numbers: means and variances of spectral features, and its tempo.

    The columns are those of the published GTZAN tables (`FEATURES` names them in order),
    computed so that the same sound gives the same numbers: reflected padding, population
    variance, the inverse STFT of both HPSS parts cut as older versions of librosa cut it. All
    spectral features share one STFT.

    Parameters
    ----------
    clip : Clip [shape=(1, n)]
        Mono, at 22,050 Hz; the tables were made from 30 s, and 3 s still mean something.

    Returns
    -------
    np.ndarray [shape=(57,)]
        float64, in the order of `FEATURES`. Centroid, bandwidth and rolloff in Hz, tempo in BPM.

    Raises
    ------
    ValueError
        If the clip is not mono at 22,050 Hz.
    TooShort
        If the clip is shorter than half a second.
    Silent
        If all its samples are zero.

    References
    ----------
    Tzanetakis, Cook, "Musical genre classification of audio signals", 2002; the columns are
    those of the music-genre-classification project (Francesco-Ranieri), computed with librosa.
    """
    samples = _checked(clip)
    spectra = _spectra(samples)
    harmonic, percussive = _harmonic_percussive(spectra, samples)
    centroid = librosa.feature.spectral_centroid(S=spectra.magnitude, sr=SAMPLE_RATE)
    summarised = (
        librosa.feature.chroma_stft(S=spectra.power, sr=SAMPLE_RATE),
        librosa.feature.rms(y=samples, pad_mode="reflect"),
        centroid,
        librosa.feature.spectral_bandwidth(S=spectra.magnitude, sr=SAMPLE_RATE, centroid=centroid),
        librosa.feature.spectral_rolloff(S=spectra.magnitude, sr=SAMPLE_RATE),
        librosa.feature.zero_crossing_rate(samples),
        harmonic,
        percussive,
    )
    mfcc = librosa.feature.mfcc(S=spectra.mel_db, n_mfcc=MFCCS)
    row = [figure for values in summarised for figure in (np.mean(values), np.var(values))]
    row.append(_tempo(spectra.mel_db))
    row += [figure for values in mfcc for figure in (np.mean(values), np.var(values))]
    return np.array(row, dtype=np.float64)


def _checked(clip: Clip) -> npt.NDArray[np.float32]:
    if clip.channels != 1 or clip.sample_rate != SAMPLE_RATE:
        raise ValueError("The features are defined for mono sound at 22,050 Hz.")
    if clip.seconds < SHORTEST:
        raise TooShort("The recording is shorter than half a second.")
    if not clip.samples.any():
        raise Silent("The recording is silent.")
    samples: npt.NDArray[np.float32] = clip.samples[0]
    return samples


def _spectra(samples: npt.NDArray[np.float32]) -> _Spectra:
    stft = librosa.stft(samples, n_fft=N_FFT, hop_length=HOP, pad_mode="reflect")
    magnitude = np.abs(stft)
    power = magnitude**2
    mel = librosa.feature.melspectrogram(S=power, sr=SAMPLE_RATE, n_mels=MEL_BANDS)
    return _Spectra(stft, magnitude, power, librosa.power_to_db(mel))


def _harmonic_percussive(
    spectra: _Spectra, samples: npt.NDArray[np.float32]
) -> tuple[Array, Array]:
    """Both parts of Fitzgerald's median separation (2010) as signals, zero-padded at the end.

    The masks of both sum to one, so the percussive part is what the harmonic one leaves.
    """
    along_time = running_median(spectra.magnitude, MEDIAN_FRAMES)
    along_frequency = running_median(spectra.magnitude.T, MEDIAN_FRAMES).T
    mask = _share(along_time, along_frequency)
    harmonic = librosa.istft(spectra.stft * mask, hop_length=HOP)
    percussive = samples[: len(harmonic)] - harmonic
    missing = len(samples) - len(harmonic)
    return np.pad(harmonic, (0, missing)), np.pad(percussive, (0, missing))


def _share(one: Array, other: Array) -> Array:
    """What `one` has of the power of both, as ``librosa.util.softmask``; a half of nothing."""
    power, rest = np.square(one), np.square(other)
    rest += power
    return np.divide(power, rest, out=np.full_like(power, 0.5), where=rest > 0)


def _tempo(mel_db: Array) -> float:
    envelope = librosa.onset.onset_strength(S=mel_db, sr=SAMPLE_RATE, aggregate=np.median)
    if not envelope.any():
        return 0.0
    return float(librosa.feature.tempo(onset_envelope=envelope, sr=SAMPLE_RATE)[0])


def level_free(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Rewrite rows of features as if every clip had been played at one loudness.

    How loud a recording was mastered says little about its genre and much about its year and
    its copy. Every feature's change under a gain g is known (RMS and signal means by g, their
    variances by g**2, the first MFCC by sqrt(128) * 20 log10 g), so no sound is needed.

    Parameters
    ----------
    rows : np.ndarray [shape=(n, 57)]
        As made by `features`.

    Returns
    -------
    np.ndarray [shape=(n, 57)]
        float64, with `rms_mean` 0.1 in every row. A copy.

    Raises
    ------
    ValueError
        If a row's `rms_mean` is not positive.
    """
    loudness = rows[:, FEATURES.index("rms_mean")]
    if not (loudness > 0).all():
        raise ValueError("The features of silence have no level to take away.")
    gain = LEVEL / loudness
    out = rows.astype(np.float64)
    for name in ("rms_mean", "harmony_mean", "perceptr_mean"):
        out[:, FEATURES.index(name)] *= gain
    for name in ("rms_var", "harmony_var", "perceptr_var"):
        out[:, FEATURES.index(name)] *= gain**2
    out[:, FEATURES.index("mfcc1_mean")] += np.sqrt(MEL_BANDS) * 20 * np.log10(gain)
    return out
