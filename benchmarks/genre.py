"""Genre: honest and leaky accuracy, features beside the published table, and what they cost."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import librosa
import numpy as np
import numpy.typing as npt
from librosa.beat import beat_track
from librosa.effects import harmonic, percussive
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict
from tqdm import tqdm

from audio import io
from audio.clip import Clip
from audio.features import FEATURES, SAMPLE_RATE, features
from benchmarks.rows import Row, both
from benchmarks.timing import timed
from training import forest, scores, table

TITLE = "ours beside a plain forest of 500 trees, and librosa's functions one by one"
EVERY = 5  # of the excerpts, so many are passed by
TEMPO = FEATURES.index("tempo")

Values = npt.NDArray[np.float64]


def measure(data: Path) -> Iterator[Row]:
    """Score the forest's training, and the features it is fed with."""
    songs = table.read(data / "gtzan" / "features_30_sec.csv")
    yield from _accuracy(songs)
    paths = sorted((data / "gtzan" / "audio").glob("*.flac"))[::EVERY]
    clips = {path.stem: io.read(path, sample_rate=SAMPLE_RATE, channels=1) for path in paths}
    peer, ours = _tried(one_by_one, clips), _tried(features, clips)
    yield from _parity(songs, list(clips), peer, ours)
    what = "seconds for the features of 30 s"
    yield Row(what, *both(np.median, peer[:, -1], ours[:, -1]), "s")


def one_by_one(clip: Clip) -> Values:
    """Compute the 57 features as tutorials do: each from the samples, with librosa's defaults."""
    y = clip.samples[0]
    values = (
        librosa.feature.chroma_stft(y=y),
        librosa.feature.rms(y=y),
        librosa.feature.spectral_centroid(y=y),
        librosa.feature.spectral_bandwidth(y=y),
        librosa.feature.spectral_rolloff(y=y),
        librosa.feature.zero_crossing_rate(y),
        harmonic(y),
        percussive(y),
        np.atleast_1d(beat_track(y=y)[0]),
        *librosa.feature.mfcc(y=y, n_mfcc=20),
    )
    pairs = [figure for value in values for figure in (np.mean(value), np.var(value))]
    return np.delete(np.array(pairs, np.float64), TEMPO + 1)  # a tempo has no variance


def plain_accuracy(songs: table.Table, folds: Any, groups: scores.Labels | None = None) -> float:
    """Share of songs that a plain forest gets right when it has not seen their fold."""
    plain = RandomForestClassifier(500, random_state=forest.SEED)
    chances = cross_val_predict(
        plain, songs.features, songs.labels, groups=groups, cv=folds, method="predict_proba"
    )
    classes = np.unique(songs.labels).tolist()
    return float(scores.right(chances, songs.labels, classes).mean())


def _accuracy(songs: table.Table) -> Iterator[Row]:
    with TemporaryDirectory() as folder:
        ours: dict[str, Any] = forest.train(songs, Path(folder))
    by_artist = StratifiedGroupKFold(forest.FOLDS, shuffle=True, random_state=forest.SEED)
    at_random = StratifiedKFold(forest.FOLDS, shuffle=True, random_state=forest.SEED)
    honest, leaky = ours["by_artist"], ours["random_split_leaky"]
    peer = plain_accuracy(songs, by_artist, songs.artists)
    yield Row("accuracy, unheard artists", peer, honest["accuracy"], goal="≥ 0.50")
    peer = plain_accuracy(songs, at_random)
    yield Row("accuracy, random split (leaky: artists on both sides)", peer, leaky["accuracy"])
    before = ours["by_artist_uncalibrated"]["calibration_error"]
    what = "calibration error, unheard artists (beside: ours uncalibrated)"
    yield Row(what, before, honest["calibration_error"], goal="≤ 0.05")


def _parity(songs: table.Table, names: list[str], peer: Values, ours: Values) -> Iterator[Row]:
    """How far the features of our own listening are from those that the forest learned from."""
    truth = songs.features[[songs.songs.index(name) for name in names]]
    spread = songs.features.std(axis=0)
    away = [np.abs(values[:, :-1] - truth) / spread for values in (peer, ours)]
    others = [np.delete(distance, TEMPO, axis=1) for distance in away]
    for name, figure in (("median", np.median), ("worst", np.max)):
        what = f"distance from the table in spreads, {name} of {len(names)} clips, tempo aside"
        yield Row(what, *both(figure, *others))
    same = both(lambda distance: 100 * np.mean(distance[:, TEMPO] < 1e-6), *away)
    yield Row("clips with the tempo of the table", *same, "%", "100 %")


def _tried(describe: Callable[[Clip], Values], clips: dict[str, Clip]) -> Values:
    """The features of each clip, and the seconds they took, as a last column."""
    describe(next(iter(clips.values())))  # loads and compiles what it needs
    rows = []
    for clip in tqdm(clips.values(), desc=describe.__name__, disable=None):
        row, seconds = timed(describe, clip)
        rows.append((*row, seconds))
    return np.array(rows)
