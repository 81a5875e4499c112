"""Remixes: what is heard at a jump (clicks, steps of tempo and of level), and what they cost."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import soundfile
from tqdm import tqdm

from audio import io
from audio.beatgrid import CHROMA, TIMBRE, BeatGrid
from audio.beats import analyse_file
from audio.clip import Samples
from audio.compiled import librosa
from audio.errors import NoBeats
from audio.recipe import Recipe, Segment
from audio.remix import CHANNELS, SAMPLE_RATE, plan, render
from benchmarks import splices
from benchmarks.material import composed, recordings, write_mixes
from benchmarks.rows import Row, both
from benchmarks.timing import timed

TITLE = "ours beside hard cuts of the same recipe, and jumps to the nearest beat by raw features"
REMIXES, BEATS, JUMP_RATE = 12, 200, 0.5

Grids = Mapping[str, BeatGrid]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Heard:
    """Of one way to play a recipe: brightness and level steps (dB) at its jumps, CPU seconds."""

    excess: Values
    steps: Values
    seconds: float


def measure(data: Path) -> Iterator[Row]:
    """Remix composed songs and recordings a dozen times and look at every jump."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        paths = write_mixes(composed(data), folder) | recordings(data)
        grids = _grids(paths)
        recipes = [
            plan(grids, beats=BEATS, jump_rate=JUMP_RATE, seed=seed) for seed in range(REMIXES)
        ]
        sources = {song: _read(paths[song]) for song in grids}
        bright = {song: splices.above(samples) for song, samples in sources.items()}
        played = [
            (_cut(recipe, paths, bright, folder), _ours(recipe, paths, bright, sources, folder))
            for recipe in tqdm(recipes, desc="remixes", disable=None)
        ]
    peer, ours = zip(*played, strict=True)
    yield from _clicks(peer, ours)
    yield from _tempo(grids, recipes)
    yield from _levels(peer, ours, splices.unbroken(grids, sources))
    seconds = both(np.median, [p.seconds for p in peer], [o.seconds for o in ours])
    yield Row(f"seconds to render {BEATS} beats", *seconds, "s", "≤ 5 s")


def hard_cuts(recipe: Recipe, sources: Mapping[str, Samples], *, gains: bool = True) -> Samples:
    """Play a recipe by putting one piece behind the other."""
    pieces = []
    for segment in recipe.segments:
        first = splices.sample(segment.start)
        frames = splices.sample(segment.at + segment.seconds) - splices.sample(segment.at)
        gain = np.float32(10 ** (segment.gain_db / 20) if gains else 1.0)
        pieces.append(gain * sources[segment.song][:, first : first + frames])
    return np.concatenate(pieces, axis=1)


def raw_choice(grids: Grids, segment: Segment) -> tuple[str, int]:
    """Choose where to jump as the Infinite Remixer does.

    That is to the beat of another song nearest to the *last* beat by chroma and MFCC as they
    are: no scaling, no place in the bar, no tempo.
    """
    left = _raw(grids[segment.song])[segment.last_beat]
    away = {
        song: np.linalg.norm(_raw(grid)[:-1] - left, axis=1)
        for song, grid in grids.items()
        if song != segment.song
    }
    song = min(away, key=lambda name: float(away[name].min()))
    return song, int(away[song].argmin())


def _grids(paths: Mapping[str, Path]) -> dict[str, BeatGrid]:
    """The beats of every song that has some."""
    grids = {}
    for song, path in tqdm(paths.items(), desc="beats", disable=None):
        try:
            grids[song] = analyse_file(path)
        except NoBeats:
            continue
    return grids


def _ours(
    recipe: Recipe,
    paths: Mapping[str, Path],
    bright: Mapping[str, Values],
    sources: Mapping[str, Samples],
    folder: Path,
) -> Heard:
    """Listen to a recipe as the product renders it, brought to the level of its sources."""
    out = folder / "ours.wav"
    _, seconds = timed(render, recipe, paths, out, format="wav-float")
    tape = io.read(out).samples
    tape = tape / splices.gain(tape, hard_cuts(recipe, sources))
    excess = splices.excess(recipe, splices.above(tape), bright)
    return Heard(excess, splices.steps(recipe, tape), seconds)


def _cut(
    recipe: Recipe, paths: Mapping[str, Path], bright: Mapping[str, Values], folder: Path
) -> Heard:
    """Listen to it as hard cuts; its level steps are those of songs left as loud as they are."""
    tape, seconds = timed(_cut_file, recipe, paths, folder / "cut.wav")
    excess = splices.excess(recipe, splices.above(tape), bright)
    as_loud = hard_cuts(recipe, _loaded(recipe, paths), gains=False)
    return Heard(excess, splices.steps(recipe, as_loud), seconds)


def _cut_file(recipe: Recipe, paths: Mapping[str, Path], out: Path) -> Samples:
    tape = hard_cuts(recipe, _loaded(recipe, paths))
    soundfile.write(out, tape.T, SAMPLE_RATE, subtype="FLOAT")
    return tape


def _loaded(recipe: Recipe, paths: Mapping[str, Path]) -> dict[str, Samples]:
    return {
        song: librosa.load(paths[song], sr=SAMPLE_RATE, mono=False)[0] for song in recipe.songs
    }


def _clicks(peer: Sequence[Heard], ours: Sequence[Heard]) -> Iterator[Row]:
    """How much more there is above 8 kHz than in either song at the place of the cut."""
    theirs, mine = (np.concatenate([heard.excess for heard in side]) for side in (peer, ours))
    clicks = both(lambda excess: 100 * np.mean(excess > splices.CLICK), theirs, mine)
    what = f"clicks: of {len(mine)} jumps over {splices.CLICK:.0f} dB too bright"
    yield Row(what, *clicks, "%", "≤ 0.5 %")
    for share in (50, 99):
        figures = both(partial(np.percentile, q=share), theirs, mine)
        yield Row(f"… brighter than both sources, {share} % of jumps below", *figures, "dB")


def _tempo(grids: Grids, recipes: list[Recipe]) -> Iterator[Row]:
    """How much longer or shorter the beat after a jump is than the one before."""
    theirs, mine = [], []
    for recipe in recipes:
        for before, after in pairwise(recipe.segments):
            last = _length(grids, before.song, before.last_beat)
            mine.append(_length(grids, after.song, after.first_beat) / last)
            theirs.append(_length(grids, *raw_choice(grids, before)) / last)
    steps = [100 * (np.exp(np.abs(np.log(ratios))) - 1) for ratios in (theirs, mine)]
    yield Row("tempo step at jumps, median", *both(np.median, *steps), "%", "≤ 1 %")
    far = both(lambda step: 100 * np.mean(step > 4), *steps)
    yield Row("… jumps with more than 4 %", *far, "%", "≤ 2 %")


def _levels(peer: Sequence[Heard], ours: Sequence[Heard], unbroken: Values) -> Iterator[Row]:
    """How loudness steps at a jump."""
    theirs, mine = (np.concatenate([heard.steps for heard in side]) for side in (peer, ours))
    for share in (50, 90):
        figures = both(partial(np.percentile, q=share), theirs, mine)
        goal = f"≤ {np.percentile(unbroken, share):.1f} dB (unbroken playing)"
        what = f"level step at jumps, 100 ms each side, {share} % below"
        yield Row(what, *figures, "dB", goal)


def _read(path: Path) -> Samples:
    return io.read(path, sample_rate=SAMPLE_RATE, channels=CHANNELS).samples


def _length(grids: Grids, song: str, beat: int) -> float:
    return float(grids[song].ends[beat] - grids[song].beats[beat])


def _raw(grid: BeatGrid) -> Values:
    return np.column_stack([grid.column(name) for name in (*CHROMA, *TIMBRE)]).astype(np.float64)
