"""What is wrong with a table: duplicates, conflicting labels, artists on both sides."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from audio.features import FEATURES
from training import heads
from training.experts import Matrix
from training.settings import Settings
from training.table import Table

NEAR = 0.05  # of the usual distance between two songs (the median)
MOST = 50  # pairs that are named


def check(table: Table, settings: Settings) -> dict[str, Any]:
    """Look for songs that are there twice, labelled twice, or shared by both sides of a split."""
    pairs = list(_alike(table))
    conflicts = [pair for pair in pairs if pair["labels"][0] != pair["labels"][1]]
    classes, songs = np.unique(table.labels, return_counts=True)
    artists, own = np.unique(table.artists, return_counts=True)
    return {
        "songs": len(table.songs),
        "genres": dict(zip(classes.tolist(), songs.tolist(), strict=True)),
        "artists": len(artists),
        "songs_of_the_commonest_artist": int(own.max()),
        "table_sha256": table.sha256,
        "embeddings_sha256": table.embeddings_sha256,
        "constant_columns": [
            name
            for name, spread in zip(FEATURES, table.features.std(axis=0), strict=True)
            if spread == 0
        ],
        "duplicates": sum(pair["distance"] == 0 for pair in pairs),
        "near_duplicates": len(pairs),
        "conflicting_labels": len(conflicts),
        "pairs": pairs[:MOST],
        "leakage": _leakage(table, settings, pairs),
    }


def _alike(table: Table) -> Iterator[dict[str, Any]]:
    """Pairs of songs hardly apart, nearest first; 1 is the median distance of two songs."""
    spread = table.features.std(axis=0)
    rows = (table.features - table.features.mean(axis=0)) / np.where(spread > 0, spread, 1)
    one, two = np.triu_indices(len(rows), 1)
    distance = _distances(rows)[one, two]
    distance /= np.median(distance)
    for index in np.argsort(distance, kind="stable")[: int((distance < NEAR).sum())]:
        pair = [int(one[index]), int(two[index])]
        yield {
            "songs": [table.songs[number] for number in pair],
            "labels": [str(table.labels[number]) for number in pair],
            "same_artist": bool(table.artists[pair[0]] == table.artists[pair[1]]),
            "distance": round(float(distance[index]), 4),
        }


def _distances(rows: Matrix) -> Matrix:
    squares = np.sum(rows**2, axis=1)
    return np.asarray(np.sqrt(np.maximum(squares[:, None] + squares - 2 * rows @ rows.T, 0)))


def _leakage(
    table: Table, settings: Settings, pairs: list[dict[str, Any]]
) -> dict[str, dict[str, float]]:
    """What both sides of the folds share, of each way to split."""
    given = heads.Songs(  # only who and what, for the folds
        table.features,
        np.unique(table.labels, return_inverse=True)[1],
        table.artists,
        len(set(table.labels)),
    )
    ways = {
        "by_artist": heads.by_artist(given, settings.folds, settings.seed),
        "random_split_leaky": heads.at_random(given, settings.folds, settings.seed),
    }
    return {way: _shared(table, splits, pairs) for way, splits in ways.items()}


def _shared(table: Table, splits: Any, pairs: list[dict[str, Any]]) -> dict[str, float]:
    fold = np.zeros(len(table.songs), int)
    known_artist = np.zeros(len(table.songs), bool)
    for number, (known, new) in enumerate(splits):
        fold[new] = number
        known_artist[new] = np.isin(table.artists[new], table.artists[known])
    place = dict(zip(table.songs, fold.tolist(), strict=True))
    parted = sum(place[pair["songs"][0]] != place[pair["songs"][1]] for pair in pairs)
    return {
        "songs_whose_artist_was_trained_on": round(float(known_artist.mean()), 4),
        "near_duplicates_on_both_sides": parted,
    }
