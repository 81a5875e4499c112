"""What all tests share. The product's own fixtures come along where Django does."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_configure(config: pytest.Config) -> None:
    """Tests of `audio` run without Django too: `pytest tests/audio -p no:django`."""
    if config.pluginmanager.hasplugin("django"):
        config.pluginmanager.import_plugin("tests.product")
        config.pluginmanager.import_plugin("tests.buckets")
        config.pluginmanager.import_plugin("tests.server")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data; tests that need it are skipped aloud where it is missing."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the real recordings in {SHARED}")
    return SHARED
