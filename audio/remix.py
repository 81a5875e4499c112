"""Plan a remix of songs whose beats are known, as data, and render it to a file."""

import tempfile
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from audio import formats, io
from audio.beatgrid import NO_PLACE, BeatGrid
from audio.beatspace import BeatSpace
from audio.clip import Clip
from audio.progress import Report, ignore, part
from audio.recipe import Recipe, Segment
from audio.walk import Walk, Wish

LOUDEST_CHANGE = 12.0  # dB
SAMPLE_RATE = 44_100
CHANNELS = 2
CROSSFADE = 0.025  # s, centred on the beat
FADE_OUT = 1.5  # s, at most a quarter of the remix
CEILING = 10 ** (-1 / 20)  # -1 dBFS
LAYING = 0.9  # the share of rendering that decoding is, as progress
BLOCK = 1 << 18

_HALF = round(CROSSFADE / 2 * SAMPLE_RATE)

Tape = npt.NDArray[np.float32]


def plan(
    grids: Mapping[str, BeatGrid],
    *,
    beats: int = 64,
    jump_rate: float = 0.2,
    minimum_run: int = 4,
    seed: int = 0,
) -> Recipe:
    """Plan a remix: play along, and now and then jump to a beat that could have come next.

    After n beats of one run, a jump is due with probability

        min(1, jump_rate * log10(n))

    and happens at the next bar line (or three beats later where none comes); at a song's end it
    happens at once. It leads to one of the beats that most resemble the *successor* of the last
    beat: in another song, or far away where there is only one. Songs not yet heard, beats of
    the same length (within 8 %), the same place in the bar, places not yet played, and songs
    other than the one just left are preferred, in this order, as far as they exist. Where a
    jump rate above 0 and enough beats allow it, every song is heard.

    Parameters
    ----------
    grids : mapping of str to BeatGrid
        The songs by key; a key comes back in the recipe.
    beats : int
        Length of the remix in beats, 1 to 20,000.
    jump_rate : float
        0..1; with 0, a song plays to its end.
    minimum_run : int
        Fewest beats between jumps, 1 or more (where songs are long enough).
    seed : int
        0 or larger; the same wish with the same seed gives the same recipe.

    Returns
    -------
    Recipe

    Raises
    ------
    ValueError
        If there is no song, or a number is out of range.

    References
    ----------
    The jump rule is that of the Infinite Remixer (github.com/musikalkemist/infiniteremixer),
    which jumps to what resembles the *last* beat, wherever it lies in the bar.
    """
    wish = Wish(beats, jump_rate, minimum_run, seed)
    space = BeatSpace(grids)
    walk = Walk(space, wish)
    while len(walk.rows) < beats:
        walk.step()
    return Recipe(
        seed=seed,
        parameters={"beats": beats, "jump_rate": jump_rate, "minimum_run": minimum_run},
        segments=_segments(space, walk),
    )


def render(
    recipe: Recipe,
    sources: Mapping[str, Path],
    out: Path,
    *,
    format: str | None = None,
    report: Report = ignore,
) -> None:
    """Render a remix as 44.1 kHz stereo.

    Each source is decoded once, and its segments are added where they belong to a scratch file
    beside `out`; beats of one run stay the continuous samples that they were. Where runs meet,
    both play on for 12.5 ms beyond the beat under an equal-power crossfade. A second pass fades
    the end out and turns everything down together if a peak passes -1 dBFS. Memory does not
    grow with the length of the songs or of the remix. The same recipe and sources give the same
    bytes in WAV and FLAC.

    Parameters
    ----------
    recipe : Recipe
        What to play.
    sources : mapping of str to Path
        The file of each song of the recipe.
    out : Path
        Where to. It appears when it is complete.
    format : str, optional
        A name in `audio.formats.FORMATS`; found from the suffix of `out` when None.
    report : Report
        Told the fraction done.

    Raises
    ------
    ValueError
        If the recipe plays a song that has no source.
    UnknownFormat
        If there is no such format.
    Empty, NotAudio, Damaged
        If a source cannot be read.
    """
    missing = [song for song in recipe.songs if song not in sources]
    if missing:
        raise ValueError(f"The recipe plays songs that are not there: {', '.join(missing)}.")
    name = format or formats.by_suffix(out).name
    with tempfile.TemporaryDirectory(prefix=".remix-", dir=out.parent) as folder:
        frames = _samples(recipe.seconds)
        tape = np.memmap(Path(folder) / "tape", np.float32, "w+", shape=(CHANNELS, frames))
        for number, song in enumerate(recipe.songs):
            share = LAYING / len(recipe.songs)
            progress = part(report, number * share, (number + 1) * share)
            _lay(tape, recipe, song, sources[song], progress)
        _write(tape, out, name, part(report, LAYING, 1.0))


def _segments(space: BeatSpace, walk: Walk) -> tuple[Segment, ...]:
    """Turn a way into segments, one a run."""
    gains = _gains(space)
    edges = [0, *walk.jumps, len(walk.rows)]
    segments: list[Segment] = []
    at = 0.0
    for begin, end in pairwise(edges):
        first, last = walk.rows[begin], walk.rows[end - 1]
        song = int(space.song[first])
        grid = space.grids[song]
        start, stop = grid.beats[space.number[first]], grid.ends[space.number[last]]
        segments.append(
            Segment(
                song=space.songs[song],
                first_beat=int(space.number[first]),
                last_beat=int(space.number[last]),
                start=round(float(start), 6),
                stop=round(float(stop), 6),
                at=round(at, 6),
                gain_db=round(gains[song], 2),
                distance=round(walk.jumps.get(begin, 0.0), 4),
                reason=_reason(space, walk.rows[begin - 1] if begin else None, first),
            )
        )
        at += segments[-1].seconds
    return tuple(segments)


def _gains(space: BeatSpace) -> list[float]:
    """Gain (dB) that brings each song to the mean loudness of all."""
    levels = [10 * np.log10(np.mean(10 ** (grid.column("loudness") / 10))) for grid in space.grids]
    wanted = np.mean(levels) - levels
    return [float(gain) for gain in np.clip(wanted, -LOUDEST_CHANGE, LOUDEST_CHANGE)]


def _reason(space: BeatSpace, left: int | None, entered: int) -> str:
    """Say in one sentence why a run begins where it does."""
    if left is None:
        where = ", at the start of a bar" if space.place[entered] == 0 else ""
        return f"The remix begins here{where}."
    ended = space.left[left] <= 1
    model = left if ended else left + 1
    opening = "The song was over; this" if ended else "This"
    change = round(100 * (space.length[entered] / space.length[model] - 1))
    tempo = (
        f"{abs(change)} % {'slower' if change > 0 else 'faster'}" if change else "the same tempo"
    )
    wanted = space.next_place(left)
    if NO_PLACE in (wanted, space.place[entered]):
        return f"{opening} sounds like what would have come next: {tempo}."
    place = "the same" if wanted == space.place[entered] else "another"
    return f"{opening} sounds like what would have come next: {place} place in the bar, {tempo}."


def _samples(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)


def _lay(tape: Tape, recipe: Recipe, song: str, source: Path, report: Report) -> None:
    """Add all segments of one song to the tape."""
    segments = [segment for segment in recipe.segments if segment.song == song]
    needed = _samples(max(segment.stop for segment in segments)) + _HALF
    position = 0
    for piece in io.blocks(source, sample_rate=SAMPLE_RATE, channels=CHANNELS):
        for segment in segments:
            _add(tape, piece.samples, position, segment)
        position += piece.frames
        report(min(position / needed, 1.0))
        if position >= needed:
            return


def _add(tape: Tape, samples: Tape, position: int, segment: Segment) -> None:
    """Add what a piece of the source, which begins at sample `position`, has of a segment."""
    first = _samples(segment.at)
    last = min(_samples(segment.at + segment.seconds), tape.shape[1])
    shift = first - _samples(segment.start)
    begin = max(first - _HALF, position + shift, 0)
    end = min(last + _HALF, position + samples.shape[1] + shift, tape.shape[1])
    if begin >= end:
        return
    gain = 10 ** (segment.gain_db / 20) * _envelope(np.arange(begin, end), first, last)
    source = samples[:, begin - shift - position : end - shift - position]
    tape[:, begin:end] += source * gain.astype(np.float32)


def _envelope(places: npt.NDArray[np.int64], first: int, last: int) -> npt.NDArray[np.float64]:
    """Fade in around `first` and out around `last` (samples of the tape), at equal power."""
    opening = first if first == 0 else first - _HALF
    risen = np.clip((places + 0.5 - opening) / (2 * _HALF), 0, 1)
    fallen = np.clip((places + 0.5 - last + _HALF) / (2 * _HALF), 0, 1)
    return np.asarray(np.sin(np.pi / 2 * risen) * np.cos(np.pi / 2 * fallen))


def _write(tape: Tape, out: Path, name: str, report: Report) -> None:
    """Write the tape, its end faded out and its peak at most at the ceiling."""
    frames = tape.shape[1]
    fade = max(1, min(_samples(FADE_OUT), frames // 4))
    starts = range(0, frames, BLOCK)
    peak = max(float(np.abs(tape[:, start : start + BLOCK]).max()) for start in starts)
    gain = min(1.0, CEILING / max(peak, 1e-9))
    with io.Writer(out, sample_rate=SAMPLE_RATE, channels=CHANNELS, format=name) as writer:
        for start in starts:
            block = np.asarray(tape[:, start : start + BLOCK])
            places = np.arange(start, start + block.shape[1])
            level = gain * np.clip((frames - places) / fade, 0, 1)
            writer.write(Clip(block * level.astype(np.float32), SAMPLE_RATE))
            report((start + block.shape[1]) / frames)
