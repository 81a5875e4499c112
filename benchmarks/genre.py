"""Genre: honest and leaky accuracy, features beside the published table, and what they cost."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from tqdm import tqdm

from audio import io
from audio.accuracy import calibration_error
from audio.clip import Clip
from audio.compiled import librosa
from audio.features import FEATURES, SAMPLE_RATE, features
from audio.genre_facts import CONVNET, ENSEMBLE, FOREST
from benchmarks.rows import Row, both
from benchmarks.timing import timed
from training import heads, scores, settings, table

TITLE = "ours beside a forest of 500 trees, regression, and librosa's functions one by one"
EVERY = 5  # of the excerpts, so many are passed by
TEMPO = FEATURES.index("tempo")

Values = npt.NDArray[np.float64]


def measure(data: Path) -> Iterator[Row]:
    """Score the heads' training, and the features they are fed with."""
    folder = data / "gtzan"
    songs = table.read(folder / "features_30_sec.csv", folder / "convnet_160.npy")
    yield from _accuracy(songs)
    paths = sorted((folder / "audio").glob("*.flac"))[::EVERY]
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
        librosa.effects.harmonic(y),
        librosa.effects.percussive(y),
        np.atleast_1d(librosa.beat.beat_track(y=y)[0]),
        *librosa.feature.mfcc(y=y, n_mfcc=20),
    )
    pairs = [figure for value in values for figure in (np.mean(value), np.var(value))]
    return np.delete(np.array(pairs, np.float64), TEMPO + 1)  # a tempo has no variance


def plain_accuracy(model: Any, rows: Values, songs: table.Table, splits: Any) -> float:
    """Share of songs that a plain model gets right when it has not seen their fold."""
    said = cross_val_predict(model, rows, songs.labels, cv=list(splits))
    return float((said == songs.labels).mean())


def _accuracy(songs: table.Table) -> Iterator[Row]:
    """Ours beside what one would reach for first: a forest, or regression on the raw rows."""
    assert songs.embeddings is not None
    regression = LogisticRegression(max_iter=2000)
    embedded = songs.embeddings.astype(np.float64)
    peers = {
        FOREST: (RandomForestClassifier(500, random_state=0), songs.features, "≥ 0.50"),
        CONVNET: (regression, embedded, "≥ 0.73"),
        ENSEMBLE: (regression, embedded, "≥ 0.73, and no worse than its members"),
    }
    for recipe in heads.recipes(songs):
        yield from _beside(recipe, songs, *peers[recipe.name])


def _beside(
    recipe: heads.Recipe, songs: table.Table, peer: Any, rows: Values, goal: str
) -> Iterator[Row]:
    told, classes = settings.read(), np.unique(songs.labels).tolist()
    given = heads.songs(recipe, songs, classes)
    honest = list(heads.by_artist(given, told.folds, told.seed))
    leaky = list(heads.at_random(given, told.folds, told.seed))
    said = heads.predicted(recipe, given, told, iter(honest))
    hits = scores.right(said, songs.labels, classes)
    plain = plain_accuracy(peer, rows, songs, honest)
    yield Row(f"{recipe.name}: accuracy, unheard artists", plain, float(hits.mean()), goal=goal)
    flattered = scores.right(
        heads.predicted(recipe, given, told, iter(leaky)), songs.labels, classes
    )
    plain = plain_accuracy(peer, rows, songs, leaky)
    yield Row(f"{recipe.name}: the same, random split (leaky)", plain, float(flattered.mean()))
    error = calibration_error(said.max(axis=1), hits)
    goal = "≤ 0.05" if recipe.name == ENSEMBLE else ""
    yield Row(f"{recipe.name}: calibration error, unheard artists", None, error, goal=goal)


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
