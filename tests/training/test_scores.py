"""Scores: calibration, intervals, and what is counted."""

import numpy as np
import pytest

from training import scores


def test_songs_of_one_artist_make_the_interval_wider():
    hits = np.repeat([True, False], 50)
    together = scores.accuracy_interval(hits, np.repeat(["x", "y"], 50))
    alone = scores.accuracy_interval(hits, np.arange(100).astype(str))
    assert together[0] == alone[0] == 0.5
    assert together[2] - together[1] > alone[2] - alone[1]


def test_every_song_is_counted_once():
    said = np.array([[0.9, 0.1], [0.4, 0.6], [0.8, 0.2]])
    labels = np.array(["a", "a", "b"])
    assert scores.confusion(said, labels, ["a", "b"]) == [[1, 1], [1, 0]]
    bins = scores.reliability(said, np.array([True, False, False]))
    assert [row["songs"] for row in bins] == [1, 1, 1]
    assert bins[0] == {"low": 0.6, "high": 0.7, "songs": 1, "confidence": 0.6, "accuracy": 0.0}


def test_who_says_less_is_right_more_often():
    said = np.array([[0.95, 0.05], [0.55, 0.45]])
    told = scores.sure(said, np.array([True, False]))
    assert told[0] == {"confidence": 0.3, "share": 1.0, "accuracy": 0.5}
    assert told[-1] == {"confidence": 0.9, "share": 0.5, "accuracy": 1.0}


def test_a_probability_of_zero_is_not_infinitely_wrong():
    loss = scores.log_loss(np.array([[1.0, 0.0]]), np.array(["b"]), ["a", "b"])
    assert loss == pytest.approx(-np.log(scores.LEAST))
