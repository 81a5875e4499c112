"""Fit the table from which the engine `hpss` reads how much of a bin is drums."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import block_diag

from audio import hpss
from audio.io import read

COLUMNS = 8
ROUNDS = 30
SMOOTHNESS = 0.05  # of a song's drums, for a bend of one between three gains

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Song:
    """All that the fit has to know of a song.

    The error of a table of gains g, row by row, is energy - 2 b·g + g·A g.

    Parameters
    ----------
    name : str
    energy : float
        Of the drums, linear.
    products : np.ndarray [shape=(rows, columns, columns)]
        A: of the mix with itself, weighted by how near its bins are to two columns.
    targets : np.ndarray [shape=(rows, columns)]
        b: of the mix with the drums.
    """

    name: str
    energy: float
    products: Floats
    targets: Floats

    def error(self, gains: Floats) -> float:
        """Energy of what a table [rows, columns] gets wrong, as a share of the drums'."""
        bent = np.einsum("rk,rkl,rl->", gains, self.products, gains)
        return float((self.energy - 2 * (self.targets * gains).sum() + bent) / self.energy)


def fit(
    folder: Path, *, every: int = 2, first: int = 1, rows: Sequence[float] = tuple(hpss.DRUMS)
) -> dict[str, Any]:
    """Fit a table to some songs, and score it on the others.

    Parameters
    ----------
    folder : Path
        A folder for each song, with drums.ogg and other files whose sum is the mix.
    every, first : int
        Which songs, in order of their names, are fitted to.
    rows : sequence of float
        Where the bands begin, in Hz.

    Returns
    -------
    dict
        "table": gains by band; "fitted" and "held_out": SDR of the drums in dB by song; and,
        for comparison, "shipped": the same of the table in `audio.hpss`.

    Raises
    ------
    FileNotFoundError
        If there are no such songs.
    """
    songs = [heard(path, rows) for path in _folders(folder)]
    chosen = songs[first::every]
    gains = solve(chosen)
    shipped = np.array(list(hpss.DRUMS.values()))
    return {
        "table": {str(low): row.round(2).tolist() for low, row in zip(rows, gains, strict=True)},
        "fitted": _scores(chosen, gains),
        "held_out": _scores([song for song in songs if song not in chosen], gains),
        "shipped": _scores(songs, shipped) if tuple(rows) == tuple(hpss.DRUMS) else {},
    }


def solve(songs: Sequence[Song]) -> Floats:
    """Find the gains with the best mean SDR, by least squares weighted anew in every round.

    The logarithm of an error changes by 1 / error as much as the error does, so each round
    weighs a song by that (iteratively reweighted least squares). Gains bend little from one
    to the next, along both axes, since few songs say little of rare bins.

    Returns
    -------
    np.ndarray [shape=(rows, columns), range=0..1]
    """
    rows, columns = songs[0].targets.shape
    gains = np.zeros((rows, columns))
    stiff = np.kron(np.eye(rows), _bends(columns)) + np.kron(_bends(rows), np.eye(columns))
    for _ in range(ROUNDS):
        weights = np.array([1 / song.error(gains) for song in songs]) / len(songs)
        pairs = list(zip(weights, songs, strict=True))
        left = block_diag(*sum(weight * song.products / song.energy for weight, song in pairs))
        right = np.sum([weight * song.targets / song.energy for weight, song in pairs], axis=0)
        solved = np.linalg.solve(left + SMOOTHNESS * stiff, right.ravel())
        gains = np.clip(solved, 0, 1).reshape(rows, columns)
    return gains


def _bends(count: int) -> Floats:
    """The form whose value is the sum of squared second differences of so many numbers."""
    bend = np.diff(np.eye(count), 2, axis=0)
    form: Floats = bend.T @ bend + 1e-6 * np.eye(count)
    return form


def heard(folder: Path, rows: Sequence[float]) -> Song:
    """Sum up a song for `fit`; see `Song`."""
    stems = {path.stem: read(path) for path in sorted(folder.glob("*.ogg"))}
    shortest = min(clip.frames for clip in stems.values())
    cut = {name: clip.samples[:, :shortest] for name, clip in stems.items()}
    mix = hpss.transformed(np.sum(list(cut.values()), axis=0))
    drums = hpss.transformed(cut["drums"])
    rate = next(iter(stems.values())).sample_rate
    return _summed_up(folder.name, mix, drums, rate, rows)


def _summed_up(name: str, mix: Any, drums: Any, rate: int, rows: Sequence[float]) -> Song:
    share = hpss.percussiveness(np.abs(mix).mean(axis=0))
    power = np.square(np.abs(mix)).sum(axis=0)
    common = (mix.conj() * drums).real.sum(axis=0)
    frequencies = np.arange(share.shape[1]) * rate / hpss.N_FFT
    bands = np.searchsorted(rows, frequencies, side="right") - 1
    products = np.zeros((len(rows), COLUMNS, COLUMNS))
    targets = np.zeros((len(rows), COLUMNS))
    for row in range(len(rows)):
        within = bands == row
        near = list(_nearness(share[:, within].ravel()))
        for column, part in near:
            targets[row, column] = (part * common[:, within].ravel()).sum()
            for other, part_of_other in near[column : column + 2]:
                product = (part * part_of_other * power[:, within].ravel()).sum()
                products[row, column, other] = products[row, other, column] = product
    return Song(name, float(np.square(np.abs(drums)).sum()), products, targets)


def _nearness(share: npt.NDArray[np.float32]) -> Iterator[tuple[int, Floats]]:
    """By column, what of its gain each bin takes: what `audio.hpss` reads between columns."""
    place = np.clip(share * COLUMNS - 0.5, 0, COLUMNS - 1).astype(np.float64)
    for column in range(COLUMNS):
        yield column, np.clip(1 - np.abs(place - column), 0, None)


def _scores(songs: Sequence[Song], gains: Floats) -> Mapping[str, float]:
    return {song.name: round(-10 * float(np.log10(song.error(gains))), 2) for song in songs}


def _folders(folder: Path) -> list[Path]:
    found = sorted(path.parent for path in folder.glob("*/drums.ogg"))
    if not found:
        raise FileNotFoundError(f"There are no songs with a drums.ogg in “{folder}”.")
    return found
