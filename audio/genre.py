"""Genre: what the hand-crafted features say, what the convnet says, and both together."""

from abc import abstractmethod
from collections.abc import Mapping
from copy import copy
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from audio.clip import Clip
from audio.features import FEATURES, SAMPLE_RATE, features
from audio.genre_facts import (
    ARTEFACTS,
    CONVNET,
    ENSEMBLE,
    FOREST,
    in_force,
    particulars,
    trained,
)
from audio.genre_heads import (
    Rows,
    described,
    heard,
    linear,
    log_votes,
    softmax,
    strangeness,
    tempered,
    votes,
)
from audio.models import Probabilities, Vector, WindowListener, WindowModel
from audio.progress import Report, ignore

TILED_TO = 3.0  # s; a shorter clip is repeated until it is this long, for the features


class GenreModel(WindowModel):
    """A genre model out of a folder of artefacts, as `python -m training train` writes them.

    Nothing but its particulars is loaded until the first question, and that once in a process.

    Parameters
    ----------
    folder : Path
        Where the artefacts lie; those shipped by default.
    """

    sample_rate = SAMPLE_RATE
    retrainable = True

    def __init__(self, folder: Path = ARTEFACTS) -> None:
        self._folder = folder
        self.version = str(self._written.get("version", ""))
        self.labels = tuple(self._written.get("labels", ()))

    @property
    def particulars(self) -> dict[str, Any]:
        """What the training wrote down: see `audio.genre_facts.particulars`."""
        return self._written

    @cached_property
    def _written(self) -> dict[str, Any]:
        return particulars(self.name, self._folder)

    def judge(self, window: Clip) -> Probabilities:
        """Say how probable each genre is in one window [labels]."""
        row: Probabilities = self.classify(*self._described(window))[0]
        return row

    @abstractmethod
    def classify(self, rows: Rows | None, embeddings: Rows | None) -> Probabilities:
        """Say how probable each genre is, given rows that were computed before.

        Parameters
        ----------
        rows : np.ndarray [shape=(n, 57)] or None
            As made by `audio.features.features`; None for a model that does not ask for them.
        embeddings : np.ndarray [shape=(n, 160)] or None
            As made by `audio.convnet.embedding`; None for a model that does not ask for them.

        Returns
        -------
        np.ndarray [shape=(n, labels)]
            float32; each row sums to 1.

        Raises
        ------
        ValueError
            If the model asks for rows that are not given.
        """

    @abstractmethod
    def _described(self, window: Clip) -> tuple[Rows | None, Rows | None]:
        """The row of features and the row of the convnet that `classify` asks for."""


class GenreForest(GenreModel):
    """Genre from 57 hand-crafted features: a forest and linear heads, pooled.

        log p = a LDA + b LR + c log(share of the trees) + constant

    References
    ----------
    Features and genres are those of GTZAN (Tzanetakis, Cook 2002) without its known faults.
    Unlike its many descendants it is scored by artist (see the JSON), and the confidences are
    calibrated to that. The weights of the logarithmic opinion pool (Genest, Zidek 1986) are
    found by cross-validation by artist.
    """

    name = FOREST
    vector_names = FEATURES

    def classify(self, rows: Rows | None, embeddings: Rows | None = None) -> Probabilities:
        """Say how probable each genre is, from rows of features [n, 57]."""
        given = described(_asked(rows, "features"))
        shares = log_votes(votes(self.name, self._folder, given))
        trust: float = self.particulars["pool"]["trees"]
        line = linear(self.name, self._folder)
        return tempered(softmax(line(given) + trust * shares), strangeness(line, given))

    def describe(self, window: Clip) -> Vector:
        """Return the features of one window [57]."""
        return features(_tiled(window)).astype(np.float32)

    def _described(self, window: Clip) -> tuple[Rows | None, Rows | None]:
        return features(_tiled(window))[None], None


class GenreConvnet(GenreModel):
    """Genre from the pretrained music convnet: two linear heads on its 160 numbers, pooled.

    References
    ----------
    Choi, Fazekas, Sandler, Cho, "Transfer learning for music classification and regression
    tasks", ISMIR 2017 (arXiv:1703.09179). The head is ours.
    """

    name = CONVNET

    @cached_property
    def _written(self) -> dict[str, Any]:
        """Nothing when the training was done without the convnet."""
        return particulars(self.name, self._folder) if self.name in trained(self._folder) else {}

    @property
    def missing(self) -> str:
        """Why it cannot be asked here: no weights, or no head trained on them."""
        if not self.particulars:
            return (
                "The models in service were trained without the convnet; fetch its weights "
                "and train again."
            )
        return _no_convnet()

    def prepare(self, report: Report = ignore) -> None:
        """Fetch the convnet's weights, where that may be done unasked."""
        import_module("audio.convnet").prepare(report)

    def classify(self, rows: Rows | None, embeddings: Rows | None = None) -> Probabilities:
        """Say how probable each genre is, from rows of the convnet [n, 160]."""
        given = heard(_asked(embeddings, "embeddings"))
        line = linear(self.name, self._folder)
        return tempered(softmax(line(given)), strangeness(line, given))

    def describe(self, window: Clip) -> Vector:
        """Return what the convnet says of one window [160]."""
        return _embedding(window).astype(np.float32)

    def _described(self, window: Clip) -> tuple[Rows | None, Rows | None]:
        return None, _embedding(window)[None]


class GenreEnsemble(GenreModel):
    """Genre from features and convnet together; from the features alone where there is no other.

    Linear heads on all 217 numbers, pooled. `parameters` says what was heard; with
    ``{"heard": "features"}`` the probabilities are those of `GenreForest`.
    """

    name = ENSEMBLE

    def __init__(self, folder: Path = ARTEFACTS) -> None:
        self._forest = GenreForest(folder)
        self._deaf: str | None = None  # not asked yet
        super().__init__(folder)

    @property
    def particulars(self) -> dict[str, Any]:
        """What the training wrote down; the forest's when that is who answers."""
        name = in_force(self.name, self._folder, deaf=bool(self.deaf))
        return self._written if name == self.name else self._forest.particulars

    @cached_property
    def _written(self) -> dict[str, Any]:
        """Version and labels; the forest's are the same, as they are trained together."""
        name = in_force(self.name, self._folder, deaf=False)
        return particulars(name, self._folder)

    @property
    def parameters(self) -> Mapping[str, float | str]:
        """The window, and what the answer rests on."""
        return {**super().parameters, "heard": "features" if self.deaf else "features+convnet"}

    @property
    def deaf(self) -> str:
        """Why the convnet is not heard; empty when it is."""
        if self._deaf is not None:
            return self._deaf
        if self.name not in trained(self._folder):
            return "The models in service were trained without the convnet."
        return _no_convnet()

    def listen(self) -> WindowListener:
        """Return a listener for one file, of which all is heard alike: by both, or features."""
        same = copy(self)
        same._deaf = self.deaf
        return WindowListener(same)

    def classify(self, rows: Rows | None, embeddings: Rows | None = None) -> Probabilities:
        """Say how probable each genre is; without embeddings as `GenreForest` says."""
        if embeddings is None:
            return self._forest.classify(rows)
        given = np.hstack([heard(embeddings), described(_asked(rows, "features"))])
        line = linear(self.name, self._folder)
        return tempered(softmax(line(given)), strangeness(line, given, embeddings.shape[1]))

    def _described(self, window: Clip) -> tuple[Rows | None, Rows | None]:
        row = features(_tiled(window))[None]
        return row, None if self.deaf else _embedding(window)[None]


MODELS: tuple[type[GenreModel], ...] = (GenreForest, GenreConvnet, GenreEnsemble)


def _asked(rows: Rows | None, what: str) -> Rows:
    if rows is None:
        raise ValueError(f"This model judges by {what}, and there are none.")
    return rows


def _tiled(clip: Clip) -> Clip:
    times = int(np.ceil(TILED_TO / clip.seconds))
    return Clip(np.tile(clip.samples, (1, times)), clip.sample_rate) if times > 1 else clip


def _no_convnet() -> str:
    """Why the convnet cannot be asked; torch, which takes seconds to load, is loaded here."""
    try:
        sentence: str = import_module("audio.convnet").missing()
    except ImportError:
        return "The convnet needs torch, which is not installed."
    return sentence


def _embedding(window: Clip) -> Rows:
    row: Rows = import_module("audio.convnet").embedding(window)
    return row
