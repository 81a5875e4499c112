"""Changing the sample rate of a stream, block by block."""

import av
import numpy as np

from audio.clip import Clip, Samples


class Resampler:
    """Resamples a stream: feed it block by block, then take the rest.

    The channels go one by one through FFmpeg's swresample (a windowed sinc that adds no delay),
    so any number of channels in any arrangement works. All that comes out together is as long
    as what went in, to the nearest sample.

    Parameters
    ----------
    channels : int
        How many.
    source, target : int
        Sample rates in Hz. Where they are equal the samples go through untouched.
    """

    def __init__(self, channels: int, source: int, target: int) -> None:
        self.source, self.target = source, target
        self._channels = channels
        self._taken = self._given = 0
        self._lanes = [_lane(target) for _ in range(channels)] if source != target else []

    def feed(self, samples: Samples) -> Samples:
        """Take a block [channels, n]; return what is ready [channels, m]."""
        if not self._lanes:
            return samples
        self._taken += samples.shape[1]
        if not samples.shape[1]:
            return samples
        pairs = zip(self._lanes, samples, strict=True)
        return self._counted([lane.resample(self._frame(channel)) for lane, channel in pairs])

    def rest(self) -> Samples:
        """Return what is still inside, cut or filled to the exact length."""
        if not self._lanes or not self._taken:
            return np.zeros((self._channels, 0), np.float32)
        due = round(self._taken * self.target / self.source) - self._given
        tail = self._counted([lane.resample(None) for lane in self._lanes])[:, : max(due, 0)]
        return np.pad(tail, ((0, 0), (0, max(due - tail.shape[1], 0))))

    def _counted(self, lanes: list[list[av.AudioFrame]]) -> Samples:
        rows = [[np.zeros(0, np.float32), *(frame.to_ndarray()[0] for frame in f)] for f in lanes]
        samples: Samples = np.stack([np.concatenate(row) for row in rows]).astype(np.float32)
        self._given += samples.shape[1]
        return samples

    def _frame(self, channel: Samples) -> av.AudioFrame:
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(channel)[None], format="fltp", layout="mono"
        )
        frame.sample_rate = self.source
        return frame


def _lane(target: int) -> av.AudioResampler:
    return av.AudioResampler(format="fltp", layout="mono", rate=target)


def resampled(clip: Clip, sample_rate: int) -> Clip:
    """Return a clip at another sample rate.

    Parameters
    ----------
    clip : Clip [shape=(channels, n)]
        The sound.
    sample_rate : int
        In Hz.

    Returns
    -------
    Clip [shape=(channels, round(n * sample_rate / clip.sample_rate))]

    Examples
    --------
    >>> resampled(Clip(np.zeros((1, 441), np.float32), 44100), 8000).frames
    80
    """
    resampler = Resampler(clip.channels, clip.sample_rate, sample_rate)
    halves = [resampler.feed(clip.samples), resampler.rest()]
    return Clip(np.concatenate(halves, axis=1), sample_rate)
