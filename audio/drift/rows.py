"""Songs as rows, and as units: the artists, albums or batches in which they arrive."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Numbers:
    """Figures of songs: `values` [songs, columns]; columns with `names` are also tested singly."""

    values: npt.NDArray[np.floating]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Rows:
    """Songs, one a row, and what is known of each.

    Parameters
    ----------
    clusters : sequence of str, length n
        Who belongs together: equal names are one unit. "" belongs to nobody: its own unit.
    numbers : mapping of str to Numbers
        Groups of figures, such as features, an embedding, a model's confidence. A value that is
        not finite counts as not known.
    labels : mapping of str to sequence of str
        For each model, the label it gives each song; "" is not known.
    library : np.ndarray [shape=(n,), dtype=int], optional
        How many songs the unit of each row has in all; counted from the rows if not given.
        Give it where the rows are a sample.

    Raises
    ------
    ValueError
        If lengths or names do not match.
    """

    clusters: Sequence[str]
    numbers: Mapping[str, Numbers] = field(default_factory=dict)
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    library: npt.NDArray[np.integer] | None = None

    def __post_init__(self) -> None:
        lengths = [len(group.values) for group in self.numbers.values()]
        lengths += [len(labels) for labels in self.labels.values()]
        lengths += [] if self.library is None else [len(self.library)]
        if set(lengths) - {len(self)}:
            raise ValueError("Clusters, numbers and labels must have one entry a song.")
        for group in self.numbers.values():
            if group.values.ndim != 2 or len(group.names) not in (0, group.values.shape[1]):
                raise ValueError("Numbers are [songs, columns], with a name for each or none.")

    def __len__(self) -> int:
        return len(self.clusters)

    def take(self, rows: npt.NDArray[np.integer | np.bool_]) -> "Rows":
        """Some of the songs, by index or by flags, in that order."""
        places = np.arange(len(self))[rows]
        return Rows(
            [self.clusters[place] for place in places],
            {
                name: Numbers(group.values[places], group.names)
                for name, group in self.numbers.items()
            },
            {name: [given[place] for place in places] for name, given in self.labels.items()},
            None if self.library is None else self.library[places],
        )


@dataclass(frozen=True, eq=False)
class Split:
    """Which rows are compared: indices, and the songs each one's unit has in all."""

    reference: Indices
    window: Indices
    library: npt.NDArray[np.int64]


def split(
    clusters: Sequence[str],
    *,
    window_units: int = 40,
    reference_units: int = 500,
    songs_each: int = 20,
    seed: int = 0,
) -> Split:
    """Choose the newest window and a bounded sample of what came before.

    So a check costs the same however large a library is, and only the songs that are chosen
    need be loaded. The sample of units is by the smallest hashes of their names: it is the same
    each time, and changes by few units as a library grows.

    Parameters
    ----------
    clusters : sequence of str, length n
        Of all songs, in the order of their arrival, newest last; without those excluded.
    window_units, reference_units : int
        How many units at most; the window reaches back until it has so many.
    songs_each : int
        From a unit with more songs than this on one side, the newest so many are taken.
    seed : int
        Another seed, another sample.

    Returns
    -------
    Split
        Indices in order of arrival, and `library` [n], the songs of each row's unit.
    """
    units, inverse, counts = units_in(clusters)
    start = _window_start(inverse, window_units)
    old = np.unique(inverse[:start])
    chosen = old
    if len(old) > reference_units:
        marks = np.array([_mark(units[unit], seed) for unit in old], np.uint64)
        chosen = old[np.argsort(marks, kind="stable")[:reference_units]]
    reference = np.flatnonzero(np.isin(inverse[:start], chosen))
    window = np.arange(start, len(inverse))
    return Split(
        reference[_newest_each(inverse[reference], songs_each)],
        window[_newest_each(inverse[window], songs_each)],
        counts[inverse].astype(np.int64),
    )


def units_in(clusters: Sequence[str]) -> tuple[list[str], Indices, Indices]:
    """Return the names of the units, the unit of each row, and how many rows each has."""
    units: dict[str, int] = {}
    places = [
        units.setdefault(name or f"\0{row}", len(units)) for row, name in enumerate(clusters)
    ]
    inverse = np.array(places, np.intp)
    return list(units), inverse, np.bincount(inverse, minlength=len(units))


def _window_start(inverse: Indices, units: int) -> int:
    """The place of the oldest row with which the rows from there on have so many units."""
    _, last = np.unique(inverse[::-1], return_index=True)
    first_seen = np.sort(last)  # from the end: where each further unit comes in
    return 0 if len(first_seen) <= units else len(inverse) - int(first_seen[units])


def _mark(name: str, seed: int) -> int:
    digest = hashlib.blake2b(name.encode(), digest_size=8, salt=seed.to_bytes(8, "little"))
    return int.from_bytes(digest.digest(), "little")


def _newest_each(inverse: Indices, most: int) -> Flags:
    """Flag the last so many rows of each unit."""
    backwards = inverse[::-1]
    order = np.argsort(backwards, kind="stable")
    ranked = backwards[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]]) if len(ranked) else order
    rank = np.arange(len(ranked)) - np.repeat(starts, np.diff(np.r_[starts, len(ranked)]))
    flags = np.empty(len(inverse), bool)
    flags[order] = rank < most
    return flags[::-1]
