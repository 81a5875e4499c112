"""Beats: how well they meet those of the score, or those that people marked, and what it costs."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import mir_eval
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from audio.beats import analyse_file
from audio.compiled import librosa
from audio.errors import NoBeats
from benchmarks.material import Excerpt, composed, excerpts, write_mixes
from benchmarks.rows import Row, both
from benchmarks.timing import timed

TITLE = "ours beside librosa.beat.beat_track, defaults"
MEASURES = ("F-measure", "CMLt", "AMLt")
GOALS = {
    "F-measure, {} composed songs": "≥ 0.80",
    "F-measure, {} real excerpts": "≥ librosa + 0.10",
    "CMLt, {} real excerpts": "≥ 0.60",
}

Times = npt.NDArray[np.float64]


def measure(data: Path) -> Iterator[Row]:
    """Score both trackers on composed songs and on real excerpts."""
    with TemporaryDirectory() as folder:
        songs = composed(data)
        paths = write_mixes(songs, Path(folder))
        scores = [Excerpt(paths[song.name], song.beats) for song in songs]
        yield from _rows("{} composed songs", scores)
    yield from _rows("{} real excerpts", excerpts(data))


def _rows(kind: str, songs: Sequence[Excerpt]) -> Iterator[Row]:
    peer, ours = _tried(librosa_beats, songs), _tried(our_beats, songs)
    for number, name in enumerate(MEASURES):
        what = f"{name}, {kind}"
        means = both(np.mean, peer[:, number], ours[:, number])
        yield Row(what.format(len(songs)), *means, goal=GOALS.get(what, ""))
    what = f"seconds a minute of audio, {kind} (ours describes the beats too)"
    yield Row(what.format(len(songs)), *both(np.mean, peer[:, 3], ours[:, 3]), "s")


def librosa_beats(path: Path) -> Times:
    """Find the beats as most programs do."""
    samples, rate = librosa.load(path)
    _, beats = librosa.beat.beat_track(y=samples, sr=rate, units="time")
    return np.asarray(beats)


def our_beats(path: Path) -> Times:
    """Find the beats as the product does; none where it says that there are none."""
    try:
        return analyse_file(path).beats
    except NoBeats:
        return np.zeros(0)


def _tried(track: Callable[[Path], Times], songs: Sequence[Excerpt]) -> Times:
    """F, CMLt, AMLt, and seconds a minute, of each song [n, 4]."""
    track(songs[0].path)  # loads and compiles what it needs
    rows = []
    for song in tqdm(songs, desc=track.__name__, disable=None):
        found, seconds = timed(track, song.path)
        length = librosa.get_duration(path=song.path)
        rows.append((*_scores(song.beats, found), 60 * seconds / length))
    return np.array(rows)


def _scores(truth: Times, found: Times) -> tuple[float, float, float]:
    """F-measure, CMLt and AMLt by mir_eval, the first five seconds left out as usual."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no beats found: the score is 0
        truth, found = mir_eval.beat.trim_beats(truth), mir_eval.beat.trim_beats(found)
        _, cmlt, _, amlt = mir_eval.beat.continuity(truth, found)
        return float(mir_eval.beat.f_measure(truth, found)), float(cmlt), float(amlt)
