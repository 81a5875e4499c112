"""Cutting a file at given times, streamed."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from audio import io
from audio.clip import Clip, Samples


def pieces(path: Path, edges: Sequence[float]) -> Iterator[Clip]:
    """Cut a file at times and yield what lies between.

    Parameters
    ----------
    path : Path
        An audio file.
    edges : sequence of float
        Seconds, rising. What lies before the first and after the last is left out.

    Yields
    ------
    Clip [shape=(channels, n)]
        ``len(edges) - 1`` of them, at the file's own rate; fewer where the file ends first.

    Raises
    ------
    Empty, NotAudio, Damaged
        As `audio.io.read`.
    """
    held: Samples | None = None
    start = number = 0  # of what is held, in frames; of the next piece
    for block in io.blocks(path):
        marks = np.round(np.asarray(edges) * block.sample_rate).astype(int)
        held = block.samples if held is None else np.concatenate([held, block.samples], axis=1)
        while number < len(marks) - 1 and marks[number + 1] <= start + held.shape[1]:
            first, last = marks[number : number + 2] - start
            yield Clip(held[:, first:last].copy(), block.sample_rate)
            held, start, number = held[:, last:], start + last, number + 1
    if held is not None and number < len(edges) - 1 and start + held.shape[1] > marks[number]:
        yield Clip(held[:, marks[number] - start :].copy(), block.sample_rate)
