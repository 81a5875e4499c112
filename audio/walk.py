"""A way through the beats of several songs: when to jump, and where to."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audio.beatgrid import NO_PLACE
from audio.beatspace import BeatSpace

PICKS = 6  # the nearest continuations among which chance decides
CARE = 0.1  # units of distance that make a continuation e times less likely
SAME_TEMPO = 1.08  # beats this much longer or shorter still count as the same tempo
FAR = 16  # beats between the places of a jump within one song
PATIENCE = 3  # beats a jump waits for the next bar line
LONGEST = 20_000  # beats

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Wish:
    """What is asked of a remix; raises ValueError with a sentence for what cannot be."""

    beats: int
    jump_rate: float
    minimum_run: int
    seed: int

    def __post_init__(self) -> None:
        if not 1 <= self.beats <= LONGEST:
            raise ValueError(f"A remix has 1 to {LONGEST} beats.")
        if not 0 <= self.jump_rate <= 1:
            raise ValueError("The jump rate is a number from 0 to 1.")
        if self.minimum_run < 1:
            raise ValueError("The shortest run is at least one beat.")
        if self.seed < 0:
            raise ValueError("The seed is a whole number, 0 or larger.")


class Walk:
    """A way through the beats of all songs, taken step by step; see `audio.remix.plan`.

    `rows` are the beats so far; `jumps` gives, for each step that was a jump, its distance.
    """

    def __init__(self, space: BeatSpace, wish: Wish) -> None:
        self._space = space
        self._wish = wish
        self._random = np.random.default_rng(wish.seed)
        self._played = np.zeros(len(space), dtype=bool)
        self._run = 0
        self._waiting = 0
        self.rows: list[int] = []
        self.jumps: dict[int, float] = {}
        self._go(self._start())

    def step(self) -> None:
        """Play the next beat, after a jump or without."""
        row = self.rows[-1]
        if not self._jumps_now(row):
            self._go(row + 1)
            return
        found, distances = self._space.continuations(row, PICKS, self._targets(row))
        odds = np.exp((np.float64(distances[0]) - distances) / CARE)
        pick = int(self._random.choice(len(found), p=odds / odds.sum()))
        self.jumps[len(self.rows)] = float(distances[pick])
        self._run = self._waiting = 0
        self._go(int(found[pick]))

    def _go(self, row: int) -> None:
        self.rows.append(row)
        self._played[row] = True
        self._run += 1

    def _start(self) -> int:
        space = self._space
        anywhere = np.ones(len(space), dtype=bool)
        lasting = space.left >= min(self._wish.beats, 2 * self._wish.minimum_run)
        good = np.flatnonzero(_narrowed(anywhere, lasting, space.place == 0))
        return int(self._random.choice(good))

    def _jumps_now(self, row: int) -> bool:
        if self._space.left[row] <= 1:
            return True
        remaining = self._wish.beats - len(self.rows)
        if min(self._run, remaining) < self._wish.minimum_run or not self._wish.jump_rate:
            return False
        unheard = len(self._space.songs) - len(self._heard())
        if unheard and remaining <= unheard * (self._wish.minimum_run + PATIENCE):
            return True
        return self._due(unheard) and self._at_bar_line(row)

    def _due(self, unheard: int) -> bool:
        """Decide once whether a jump is due, and count the beats it has been waiting."""
        if not self._waiting:
            share = self._wish.beats / len(self._space.songs)
            chance = min(1.0, self._wish.jump_rate * float(np.log10(self._run)))
            drawn = bool(self._random.random() < chance)
            self._waiting = int(drawn or (unheard > 0 and self._run >= share))
        return self._waiting > 0

    def _at_bar_line(self, row: int) -> bool:
        place = self._space.next_place(row)
        arrived = place in (0, NO_PLACE) or self._waiting > PATIENCE
        self._waiting += 1
        return arrived

    def _heard(self) -> set[int]:
        return set(self._space.song[self.rows].tolist())

    def _targets(self, row: int) -> Mask:
        """Which beats a jump may lead to: the preferences that leave something, in order."""
        space, wish = self._space, self._wish
        after = min(row + 1, len(space) - 1) if space.left[row] > 1 else row
        anything = np.ones(len(space), dtype=bool)
        anything[[row, after]] = False
        ratio = np.abs(np.log2(space.length / space.length[after]))
        lasting = space.left >= min(wish.minimum_run, wish.beats - len(self.rows))
        return _narrowed(
            anything if anything.any() else ~anything,
            self._elsewhere(row),
            ~np.isin(space.song, list(self._heard())),
            lasting,
            ratio <= np.log2(SAME_TEMPO),
            space.place == space.next_place(row),
            self._fresh(),
            space.song != self._song_before(),
        )

    def _elsewhere(self, row: int) -> Mask:
        space = self._space
        if len(space.songs) > 1:
            return np.asarray(space.song != space.song[row])
        far = min(FAR, len(space) // 3)
        return np.asarray(np.abs(space.number - space.number[row] - 1) >= far)

    def _fresh(self) -> Mask:
        """Beats from which the shortest run passes nothing already played."""
        ahead = np.lib.stride_tricks.sliding_window_view(
            np.append(self._played, np.zeros(self._wish.minimum_run - 1, dtype=bool)),
            self._wish.minimum_run,
        )
        return np.asarray(~ahead.any(axis=1))

    def _song_before(self) -> int:
        """The song that was left for the present one, -1 in the first run."""
        begun = max(self.jumps, default=0)
        return int(self._space.song[self.rows[begun - 1]]) if begun else -1


def _narrowed(allowed: Mask, *preferences: Mask) -> Mask:
    """Apply one preference after the other, each only if it leaves something."""
    for preference in preferences:
        if (allowed & preference).any():
            allowed = allowed & preference
    return allowed
