"""The engine `hpss`: drums, bass and the rest by harmonic/percussive masks (librosa)."""

from collections.abc import Iterator
from typing import Any

import librosa
import numpy as np
from numpy.typing import NDArray

from audio.clip import Clip, Samples
from audio.medians import running_median
from audio.stems import Batch, EngineFacts, Level, Options, Resume, asked
from audio.streaming import windows

N_FFT = 4096
HOP = 1024
KERNEL = 31  # frames in time, bins in frequency
STEP = 512 * HOP  # about 12 s
CONTEXT = N_FFT + (KERNEL // 2 + 1) * HOP

_MARGIN_AT = (0.0, 100.0, 200.0, 3000.0, 5000.0)  # Hz
_MARGIN = (3.0, 3.0, 6.0, 6.0, 1.5)
_BASS_EDGE = 150.0  # Hz, half way down
_BASS_STEEPNESS = 8


class Hpss:
    """Splits sound by the shape it has in a spectrogram.

    A drum is a vertical line there, a tone a horizontal one. Medians across frequency and across
    time bring each out, and a soft mask from both, the same for all channels, cuts the drums
    from the mix. Of what is left a smooth low-pass takes the bass. The other stem is the exact
    remainder: the stems sum to the mix.

    Parameters
    ----------
    facts : EngineFacts
        Its row in `audio.stems.ENGINES`.
    options : Options
        Which stems; the rest of it says nothing to this engine.

    References
    ----------
    Fitzgerald, "Harmonic/percussive separation using median filtering", DAFx 2010; Driedger,
    Mueller, Disch, "Extending harmonic-percussive separation of audio", ISMIR 2014 (margins);
    ``librosa.decompose.hpss``, whose masks these are but for a margin that is largest where
    tones are (200 Hz to 3 kHz) and small for the hi-hats.
    """

    def __init__(self, facts: EngineFacts, options: Options) -> None:
        self.facts, self.stems = facts, asked(facts, options)

    @property
    def parameters(self) -> dict[str, str | int]:
        """Nothing but which stems are made: there is nothing to choose."""
        return {"stems": ",".join(self.stems)}

    def batches(
        self, blocks: Iterator[Clip], *, level: Level | None = None, resume: Resume | None = None
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
    n = clip.frames
    padded = np.pad(clip.samples, ((0, 0), (0, max(0, N_FFT - n))))
    spectrum = librosa.stft(padded, n_fft=N_FFT, hop_length=HOP)
    frequencies = np.linspace(0, clip.sample_rate / 2, N_FFT // 2 + 1, dtype=np.float32)
    mask = percussive_mask(np.abs(spectrum).mean(axis=0), frequencies)
    low = 1 / (1 + (frequencies / _BASS_EDGE) ** _BASS_STEEPNESS)
    drums = _sound(spectrum * mask, padded.shape[1])
    bass = _sound(spectrum * ((1 - mask) * low[:, None]), padded.shape[1])
    return drums[:, :n], bass[:, :n]


def percussive_mask(
    magnitude: NDArray[np.float32], frequencies: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How much of each bin is drums.

        mask = P / (P + margin(f) * H)

    with P and H the medians across frequency and across time.

    Parameters
    ----------
    magnitude : np.ndarray [shape=(bins, frames)]
        Of the mean of the channels.
    frequencies : np.ndarray [shape=(bins,)]
        Of the bins, in Hz.

    Returns
    -------
    np.ndarray [shape=(bins, frames), range=0..1]
    """
    tonal = running_median(magnitude, KERNEL)
    percussive = running_median(np.ascontiguousarray(magnitude.T), KERNEL).T
    margin = np.interp(frequencies, _MARGIN_AT, _MARGIN).astype(np.float32)
    mask: NDArray[np.float32] = librosa.util.softmask(percussive, tonal * margin[:, None], power=1)
    return mask


def _sound(spectrum: NDArray[Any], frames: int) -> Samples:
    samples: Samples = librosa.istft(spectrum, hop_length=HOP, length=frames)
    return samples
