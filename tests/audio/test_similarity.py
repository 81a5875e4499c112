"""Neighbours: exact, with exclusions inside the search, among few as among many."""

import numpy as np
import pytest

from audio.similarity import Neighbours, standardised


@pytest.fixture
def vectors() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((200, 5)).astype(np.float32)


def test_neighbours_are_those_of_an_exhaustive_search(vectors):
    query = np.zeros(5)
    rows, distances = Neighbours(vectors).nearest(query, 7)
    expected = np.linalg.norm(vectors, axis=1)
    np.testing.assert_array_equal(rows, np.argsort(expected)[:7])
    np.testing.assert_allclose(distances, np.sort(expected)[:7], rtol=1e-4)


def test_what_is_excluded_takes_no_places(vectors):
    allowed = np.zeros(200, dtype=bool)
    allowed[[3, 77, 199]] = True
    rows, _ = Neighbours(vectors).nearest(vectors[3], 3, allowed)
    assert rows[0] == 3
    assert set(rows.tolist()) == {3, 77, 199}


def test_fewer_come_back_where_fewer_exist(vectors):
    few = Neighbours(vectors[:1])
    assert few.nearest(vectors[0], 500)[0].tolist() == [0]
    assert few.nearest(vectors[0], 500, np.zeros(1, dtype=bool))[0].tolist() == []


def test_nonsense_is_refused(vectors):
    with pytest.raises(ValueError, match="at least one vector"):
        Neighbours(np.zeros((0, 5)))
    with pytest.raises(ValueError, match="at least one neighbour"):
        Neighbours(vectors).nearest(vectors[0], 0)
    with pytest.raises(ValueError, match="flag"):
        Neighbours(vectors).nearest(vectors[0], 1, np.ones(3, dtype=bool))


def test_units_do_not_matter_once_standardised(vectors):
    other_units = vectors * np.array([1, 1000, 0.01, 5, 1]) + 7
    np.testing.assert_allclose(standardised(vectors), standardised(other_units), atol=1e-3)


def test_a_column_that_does_not_vary_says_nothing():
    assert not standardised(np.full((4, 2), 3.0)).any()
    assert not standardised(np.ones((1, 2))).any()
