"""The beats of several songs laid side by side, so that they can be compared."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from audio.beatgrid import CHROMA, NO_PLACE, TIMBRE, BeatGrid
from audio.similarity import Neighbours, standardised

HARMONY_WEIGHT = 1.0
TIMBRE_WEIGHT = 0.7
LOUDNESS_WEIGHT = 0.3
LENGTH_UNIT = 0.1  # octaves of beat length that count as one unit of distance
PLACE_WEIGHT = 0.7  # two different places in the bar are one unit apart

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


class BeatSpace:
    """All beats of some songs in one table; row numbers stand for beats.

    A beat's vector holds its harmony (chroma), timbre (MFCC) and loudness against its own song,
    each scaled over all these beats and weighted as a group, its length as log2 in absolute
    units, and its place in the bar. Distances are Euclidean.

    Parameters
    ----------
    grids : mapping of str to BeatGrid
        The songs, by key.

    Raises
    ------
    ValueError
        If there is no song.
    """

    def __init__(self, grids: Mapping[str, BeatGrid]) -> None:
        if not grids:
            raise ValueError("A remix needs at least one song.")
        self.songs = tuple(grids)
        self.grids = tuple(grids.values())
        sizes = [len(grid.beats) for grid in self.grids]
        self.song: Indices = np.repeat(np.arange(len(sizes)), sizes)
        self.number: Indices = np.concatenate([np.arange(size) for size in sizes])
        self.left: Indices = np.repeat(sizes, sizes) - self.number
        self.place: Indices = np.concatenate([grid.places for grid in self.grids])
        self.length: Array = np.concatenate([grid.ends - grid.beats for grid in self.grids])
        self._sound = self._described()
        places = self._placed(self.place)
        self._neighbours = Neighbours(np.hstack([self._sound, places]))

    def __len__(self) -> int:
        return len(self.song)

    def next_place(self, row: int) -> int:
        """Return the place in the bar that follows this beat, -1 where bars are not known."""
        if self.left[row] > 1:
            return int(self.place[row + 1])
        if self.place[row] == NO_PLACE:
            return NO_PLACE
        return int((self.place[row] + 1) % (1 + self.place[self.song == self.song[row]].max()))

    def continuations(
        self, row: int, k: int, allowed: npt.NDArray[np.bool_]
    ) -> tuple[Indices, npt.NDArray[np.float32]]:
        """Find the beats that resemble what comes after a beat.

        That is its successor; after a song's last beat, a beat like it, one place on in the bar.

        Parameters
        ----------
        row : int
            The beat that is left.
        k : int
            Most beats wanted.
        allowed : np.ndarray of bool [shape=(n,)]
            Which beats may be found.

        Returns
        -------
        rows, distances : np.ndarray [shape=(found,)]
            Nearest first.
        """
        model = row + 1 if self.left[row] > 1 else row
        place = self._placed(np.array([self.next_place(row)]))[0]
        return self._neighbours.nearest(np.append(self._sound[model], place), k, allowed)

    def _described(self) -> Array:
        loudness = np.concatenate(
            [grid.column("loudness") - np.median(grid.column("loudness")) for grid in self.grids]
        )
        groups = (
            (self._columns(CHROMA), HARMONY_WEIGHT),
            (self._columns(TIMBRE), TIMBRE_WEIGHT),
            (loudness[:, None], LOUDNESS_WEIGHT),
        )
        scaled = [standardised(part) * weight / np.sqrt(part.shape[1]) for part, weight in groups]
        return np.hstack([*scaled, np.log2(self.length)[:, None] / LENGTH_UNIT])

    def _columns(self, names: tuple[str, ...]) -> Array:
        return np.vstack(
            [np.column_stack([grid.column(name) for name in names]) for grid in self.grids]
        ).astype(np.float64)

    def _placed(self, places: Indices) -> Array:
        widest = int(self.place.max()) + 1
        return np.asarray(PLACE_WEIGHT * (places[:, None] == np.arange(max(widest, 1))))
