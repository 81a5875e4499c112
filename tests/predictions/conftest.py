"""Which models hear in these tests."""

from collections.abc import Callable

import pytest

BEATS = "audio.beats.TempoModel"
FOREST = "audio.genre.GenreForest"
KEY = "audio.key.KeyModel"
ENSEMBLE, ABSENT, TAGGER = EARS = [
    f"tests.predictions.ears.{name}" for name in ("Ensemble", "Absent", "Tagger")
]
BROKEN, NAMELESS, RENAMED = [
    f"tests.predictions.ears.{name}" for name in ("Broken", "Nameless", "Renamed")
]


@pytest.fixture(autouse=True)
def hermetic(settings, monkeypatch, tmp_path) -> None:
    """Nothing is fetched, and what is unpacked goes with the test."""
    monkeypatch.setenv("AUDIOPHILE_FETCH", "0")
    monkeypatch.setenv("AUDIOPHILE_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.delenv("AUDIOPHILE_MODEL_MIRROR", raising=False)
    settings.HEADS = tmp_path / "heads"


@pytest.fixture
def models(monkeypatch) -> Callable[..., None]:
    """Lets these be the models in use."""

    def use(*paths: str) -> None:
        monkeypatch.setenv("AUDIOPHILE_MODELS", ",".join(paths))

    return use


@pytest.fixture(autouse=True)
def three(models) -> None:
    """The quick ones that need no weights, unless a test says otherwise."""
    models(FOREST, BEATS, KEY)


@pytest.fixture
def ears(models) -> None:
    models(*EARS, KEY)
