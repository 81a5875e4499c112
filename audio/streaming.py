"""Working on sound of any length with one window of it in memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from audio.clip import Clip, Samples


@dataclass(frozen=True, eq=False)
class Window:
    """A stretch of a stream with what surrounds it.

    Parameters
    ----------
    clip : Clip [shape=(channels, lead + frames + context behind)]
        The sound.
    lead : int
        Frames of context in front: 0 at the beginning of the stream.
    frames : int
        Frames that are this window's own; they follow the lead.
    """

    clip: Clip
    lead: int
    frames: int

    def own(self, samples: Samples) -> Clip:
        """Cut this window's own frames out of something as long as its clip."""
        kept = samples[:, self.lead : self.lead + self.frames]
        return Clip(np.ascontiguousarray(kept, np.float32), self.clip.sample_rate)


def windows(blocks: Iterator[Clip], *, step: int, context: int) -> Iterator[Window]:
    """Cut a stream into windows with context on both sides.

    Every window starts at a multiple of `step` less its lead, so with `step` and `context`
    multiples of a hop a short-time transform has the same frames as over the whole stream.

    Parameters
    ----------
    blocks : iterator of Clip [shape=(channels, any)]
        The stream.
    step : int
        Frames that are each window's own; the last has fewer.
    context : int
        Frames before and after, where the stream has them.

    Yields
    ------
    Window
        Their own frames, joined, are the stream.

    Examples
    --------
    >>> ramp = Clip(np.arange(5, dtype=np.float32)[None], 10)
    >>> for window in windows(iter([ramp]), step=2, context=1):
    ...     print(window.clip.samples[0], window.lead, window.frames)
    [0. 1. 2.] 0 2
    [1. 2. 3. 4.] 1 2
    [3. 4.] 1 1
    """
    held: Samples | None = None
    lead = rate = 0
    for block in blocks:
        rate = block.sample_rate
        held = block.samples if held is None else np.concatenate([held, block.samples], axis=1)
        while held.shape[1] >= lead + step + context:
            yield Window(Clip(held[:, : lead + step + context], rate), lead, step)
            kept = min(context, lead + step)
            held, lead = held[:, lead + step - kept :], kept
    while held is not None and held.shape[1] > lead:
        own = min(step, held.shape[1] - lead)
        yield Window(Clip(held[:, : lead + own + context], rate), lead, own)
        kept = min(context, lead + own)
        held, lead = held[:, lead + own - kept :], kept
