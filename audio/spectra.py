"""Power spectra of a signal that arrives in pieces, equal to those of the whole."""

import numpy as np
import numpy.typing as npt

from audio.compiled import librosa


class PowerSpectra:
    """Short-time power spectra of a mono signal, piece by piece.

    Frame t is centred on sample t * `hop`, the signal being zero beyond its ends, as in
    ``librosa.stft``; the samples that the next frames need are carried over, so the pieces'
    lengths make no difference.

    Parameters
    ----------
    n_fft, hop : int
        In samples; the window is a Hann window of `n_fft`.
    """

    def __init__(self, n_fft: int, hop: int) -> None:
        self._n_fft = n_fft
        self._hop = hop
        self._pending = np.zeros(n_fft // 2, np.float32)

    def push(self, samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Take the next samples [n] and return the spectra [bins, frames] that are complete."""
        self._pending = np.concatenate([self._pending, samples])
        frames = max(0, 1 + (len(self._pending) - self._n_fft) // self._hop)
        if not frames:
            return np.zeros((1 + self._n_fft // 2, 0), np.float32)
        ready = self._pending[: (frames - 1) * self._hop + self._n_fft]
        self._pending = self._pending[frames * self._hop :]
        stft = librosa.stft(ready, n_fft=self._n_fft, hop_length=self._hop, center=False)
        return np.asarray(np.abs(stft) ** 2, dtype=np.float32)

    def finish(self) -> npt.NDArray[np.float32]:
        """Return the last spectra [bins, frames], which reach beyond the end."""
        return self.push(np.zeros(self._n_fft // 2, np.float32))
