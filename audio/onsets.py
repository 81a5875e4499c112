"""What happens in each 23 ms of a song: onset strength, chroma, timbre, loudness; streamed."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audio.clip import Clip
from audio.compiled import librosa
from audio.spectra import PowerSpectra

SAMPLE_RATE = 22_050
N_FFT = 2048
HOP = 512
MFCCS = 13
LOW = 150.0  # Hz: kick drum and bass
RANGE = 1e-8  # power: what lies 80 dB under the loudest moment so far counts as silence
FAINTEST = 1e-10  # power
LATENCY = 1  # frames from where most of an attack shows to the attack; librosa shifts by 2

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Frames:
    """One row or value a frame of `HOP` samples.

    `onset` and `low_onset` are onset strengths (dB a frame, over all bands and below 150 Hz),
    `chroma` is [n, 12], `timbre` (MFCC 1..13) [n, 13], `power` the mean square.
    """

    onset: Array
    low_onset: Array
    chroma: Array
    timbre: Array
    power: Array


class FrameMeter:
    """Measures the frames of a mono signal at 22,050 Hz that arrives in pieces.

    Onset strength is librosa's (the median over 128 mel bands of what rose since the frame
    before), with two differences: the floor of 80 dB lies under the loudest moment *so far*, not
    of the whole song, so the song need not be known to its end; and onsets are given one frame
    (23 ms) earlier, since librosa's beats come 35 to 45 ms after the attack.

    Parameters
    ----------
    with_timbre : bool
        Whether chroma and timbre are wanted too; without, they stay empty and it is faster.
    """

    def __init__(self, *, with_timbre: bool) -> None:
        self._spectra = PowerSpectra(N_FFT, HOP)
        self._with_timbre = with_timbre
        self._mel = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=N_FFT)
        centres = librosa.mel_frequencies(len(self._mel) + 2, fmax=SAMPLE_RATE / 2)[1:-1]
        self._low = centres < LOW
        self._chroma = librosa.filters.chroma(sr=SAMPLE_RATE, n_fft=N_FFT, tuning=0.0)
        self._loudest = FAINTEST
        self._last: Array | None = None
        self._columns: list[list[Array]] = [[] for _ in range(5)]

    def hear(self, piece: Clip) -> None:
        """Take the next piece: mono, at 22,050 Hz (else ValueError)."""
        if piece.channels != 1 or piece.sample_rate != SAMPLE_RATE:
            raise ValueError("Beats are listened for in mono sound at 22,050 Hz.")
        self._measure(self._spectra.push(piece.samples[0]))

    def frames(self) -> Frames:
        """Return what was measured; ends the listening."""
        self._measure(self._spectra.finish())
        onset, low, chroma, timbre, power = (np.concatenate(parts) for parts in self._columns)
        return Frames(_delayed(onset), _delayed(low), chroma, timbre, power)

    def _measure(self, power: Array) -> None:
        if not power.shape[1]:
            return
        level = self._level(self._mel @ power)
        last = level[:, :1] if self._last is None else self._last
        rise = np.maximum(np.diff(level, axis=1, prepend=last), 0.0)
        self._last = level[:, -1:]
        chroma, timbre = self._described(power, level)
        values = (
            np.median(rise, axis=0), rise[self._low].mean(axis=0), chroma, timbre,
            power.sum(axis=0) / (N_FFT**2 * 0.375 / 2),
        )  # fmt: skip
        for column, value in zip(self._columns, values, strict=True):
            column.append(np.array(value, dtype=np.float32))  # a copy: a view keeps its base

    def _level(self, mel: Array) -> Array:
        peaks = np.maximum.accumulate(np.append(self._loudest, mel.max(axis=0)))
        self._loudest = float(peaks[-1])
        return np.asarray(10 * np.log10(np.maximum(mel, peaks[1:] * RANGE)), dtype=np.float32)

    def _described(self, power: Array, level: Array) -> tuple[Array, Array]:
        frames = power.shape[1]
        if not self._with_timbre:
            return np.zeros((frames, 0), np.float32), np.zeros((frames, 0), np.float32)
        chroma = librosa.util.normalize(self._chroma @ power, norm=np.inf, axis=0)
        timbre = librosa.feature.mfcc(S=level, n_mfcc=MFCCS + 1)[1:]
        return chroma.T, timbre.T


def _delayed(rise: Array) -> Array:
    """Move onsets from where a frame's window first touches them to where they are."""
    return np.pad(rise, (LATENCY, 0))[: len(rise)]
