"""Faster or slower at the same pitch: pieces are laid over each other where they match best.

The mixer page does the same with the same numbers (static/js/stretch.js), so that an exported mix
sounds as it did there.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from audio.clip import Clip, Samples

SLOWEST, FASTEST = 0.5, 1.5
HOP = 0.024  # s: what one piece adds, and how long it passes into the next
REACH = 0.012  # s that a piece may come from before or after where the speed says
COARSE = 4  # samples that are one where the match is looked for first

Mono = npt.NDArray[np.float64]


def at_speed(blocks: Iterator[Clip], speed: float) -> Iterator[Clip]:
    """Play a stream faster or slower; its pitch stays.

    Waveform-similarity overlap-add. Piece k is taken near ``k * hop * speed``: there where its
    beginning looks most like what would have followed the piece before,

        argmax_q  <x[q : q + hop], y> / |x[q : q + hop]|,   y = x[p + hop : p + 2 hop]

    with p where that piece was taken, and is faded in over it by a raised cosine. All channels
    move together. At speed 1 the sound is untouched.

    Parameters
    ----------
    blocks : iterator of Clip [shape=(channels, any)]
        The stream, of one rate and width.
    speed : float [range=0.5..1.5]
        2 would be twice as fast.

    Yields
    ------
    Clip [shape=(channels, any)]
        Together round(n / speed) frames.

    Raises
    ------
    ValueError
        If the speed is out of range.

    References
    ----------
    Verhelst, Roelands, "An overlap-add technique based on waveform similarity (WSOLA) for high
    quality time-scale modification of speech", ICASSP 1993. Ours compares only the half of a piece
    that is faded, first at a quarter of the rate, then exactly around the best.
    """
    if not SLOWEST <= speed <= FASTEST:
        raise ValueError(f"The speed is {SLOWEST} to {FASTEST}, not {speed}.")
    if speed == 1.0:
        yield from blocks
        return
    held = _Held()
    pieces: _Pieces | None = None
    for block in blocks:
        pieces = pieces or _Pieces(held, block.sample_rate, speed)
        held.add(block.samples)
        yield from pieces.ready()
    if pieces is not None:
        yield from pieces.rest()


class _Held:
    """The part of a stream that may still be needed, addressed from the stream's beginning."""

    def __init__(self) -> None:
        self.samples: Samples = np.zeros((1, 0), np.float32)
        self.mono: Mono = np.zeros(0)
        self.first = 0

    @property
    def end(self) -> int:
        return self.first + int(self.samples.shape[1])

    def add(self, samples: Samples) -> None:
        if not self.end:
            self.samples = samples[:, :0]
        self.samples = np.concatenate([self.samples, samples], axis=1)
        self.mono = np.concatenate([self.mono, samples.sum(axis=0, dtype=np.float64)])

    def forget(self, before: int) -> None:
        count = max(before - self.first, 0)
        self.samples, self.mono = self.samples[:, count:], self.mono[count:]
        self.first += count

    def take(self, start: int, frames: int) -> Samples:
        return self.samples[:, start - self.first : start - self.first + frames]

    def heard(self, start: int, frames: int) -> Mono:
        return self.mono[start - self.first : start - self.first + frames]


class _Pieces:
    """Lays the pieces of what is held."""

    def __init__(self, held: _Held, rate: int, speed: float) -> None:
        self.held, self.rate, self.speed = held, rate, speed
        self.hop, self.reach = round(rate * HOP), round(rate * REACH)
        rise = 0.5 - 0.5 * np.cos(np.pi * (np.arange(self.hop) + 0.5) / self.hop)
        self.rise: Samples = rise.astype(np.float32)
        self.follows = 0  # where the piece before would go on
        self.number = 0

    def ready(self) -> Iterator[Clip]:
        """All pieces whose surroundings are there."""
        laid = []
        while self._ideal + self.reach + self.hop <= self.held.end - self.hop:
            laid.append(self._next())
        if laid:
            self.held.forget(min(self.follows, self._ideal - self.reach))
            yield Clip(np.concatenate(laid, axis=1), self.rate)

    def rest(self) -> Iterator[Clip]:
        """What is left once the stream has ended."""
        total = round(self.held.end / self.speed)
        silence = np.zeros((len(self.held.samples), 3 * self.hop + 2 * self.reach), np.float32)
        self.held.add(silence)
        while (given := self.number * self.hop) < total:
            piece = self._next()
            yield Clip(np.ascontiguousarray(piece[:, : total - given]), self.rate)

    @property
    def _ideal(self) -> int:
        return round(self.number * self.hop * self.speed)

    def _next(self) -> Samples:
        place = self._best() if self.number else 0
        old = self.held.take(self.follows, self.hop)
        new = self.held.take(place, self.hop)
        self.follows = place + self.hop
        self.number += 1
        laid: Samples = old + self.rise * (new - old)
        return laid

    def _best(self) -> int:
        """Where the next piece begins."""
        low = max(self._ideal - self.reach, 0)
        wanted = self.held.heard(self.follows, self.hop)
        around = self.held.heard(low, self._ideal + self.reach + self.hop - low)
        near = COARSE * _peak(_thinned(around), _thinned(wanted))
        first = max(near - COARSE, 0)
        exact = around[first : near + COARSE + self.hop]
        return low + first + _peak(exact, wanted)


def _thinned(mono: Mono) -> Mono:
    """Means of every few samples."""
    count = len(mono) // COARSE
    thinned: Mono = mono[: count * COARSE].reshape(count, COARSE).mean(axis=1)
    return thinned


def _peak(around: Mono, wanted: Mono) -> int:
    """At which lag it looks most like what is wanted."""
    match = np.correlate(around, wanted, "valid")
    power = np.concatenate([[0.0], np.cumsum(np.square(around))])
    energy = power[len(wanted) :] - power[: -len(wanted)]
    return int(np.argmax(match / np.sqrt(np.maximum(energy, 0.0) + 1e-9)))
