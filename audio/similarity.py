"""Nearest neighbours among described things (beats, songs): exact, and with exclusions."""

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

_faiss: Any = faiss  # its type hints leave out what its Python layer adds

FLATTEST = 1e-6  # a column that varies less than this says nothing


def standardised(features: npt.NDArray[np.floating]) -> Array:
    """Give every column mean 0 and variance 1, so that no unit outweighs another.

    Parameters
    ----------
    features : np.ndarray [shape=(n, d)]
        One row a thing. Columns that do not vary become 0.

    Returns
    -------
    np.ndarray [shape=(n, d)]
        float32.

    Examples
    --------
    >>> standardised(np.array([[1.0, 500.0, 7.0], [3.0, 100.0, 7.0]]))
    array([[-1.,  1.,  0.],
           [ 1., -1.,  0.]], dtype=float32)
    """
    centred = features - features.mean(axis=0)
    spread = centred.std(axis=0)
    return np.asarray(
        np.where(spread > FLATTEST, centred / np.maximum(spread, FLATTEST), 0.0), np.float32
    )


class Neighbours:
    """Exact search by Euclidean distance.

    Parameters
    ----------
    vectors : np.ndarray [shape=(n, d)]
        One row a thing, n at least 1.

    Raises
    ------
    ValueError
        If there are no vectors.
    """

    def __init__(self, vectors: npt.NDArray[np.floating]) -> None:
        if vectors.ndim != 2 or not len(vectors):
            raise ValueError("Neighbours are searched among at least one vector.")
        self._index = faiss.IndexFlatL2(vectors.shape[1])
        self._index.add(np.ascontiguousarray(vectors, dtype=np.float32))

    def nearest(
        self, query: npt.NDArray[np.floating], k: int, allowed: Mask | None = None
    ) -> tuple[npt.NDArray[np.int64], Array]:
        """Find the vectors closest to a query, among those allowed.

        What is not allowed is passed over inside the search, so it takes no places.

        Parameters
        ----------
        query : np.ndarray [shape=(d,)]
        k : int
            Most neighbours wanted; fewer come back where fewer exist.
        allowed : np.ndarray of bool [shape=(n,)], optional
            Which vectors may be found; all by default.

        Returns
        -------
        rows : np.ndarray [shape=(found,)]
            Row numbers, nearest first.
        distances : np.ndarray [shape=(found,)]
            Euclidean.

        Raises
        ------
        ValueError
            If k is not positive or the mask has another length.
        """
        count = self._index.ntotal
        if k < 1 or (allowed is not None and len(allowed) != count):
            raise ValueError("Ask for at least one neighbour, with one flag for each vector.")
        options: Any = None
        if allowed is not None:
            bits = np.packbits(allowed, bitorder="little")
            options = _faiss.SearchParameters(sel=_faiss.IDSelectorBitmap(bits))
        wanted = np.ascontiguousarray(query, dtype=np.float32)[None]
        squares, rows = self._index.search(wanted, min(k, count), params=options)
        found = rows[0] >= 0
        return rows[0][found], np.sqrt(np.maximum(squares[0][found], 0.0))
