"""Sounds made on the spot, with a known truth."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from audio import io
from audio.clip import Clip
from audio.compose import Song, Spec, compose
from tests.audio.home import serving

os.environ["AUDIOPHILE_FETCH"] = "0"  # no test asks the open internet
SHARED = Path(__file__).parents[3] / "shared"


@pytest.fixture(autouse=True)
def media() -> None:
    """No storage: these tests run without Django (`pytest tests/audio -p no:django`)."""


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real recordings; tests that need it are skipped aloud without it."""
    if not (SHARED / "data").is_dir():
        pytest.skip("no ../shared/data on this machine")
    return SHARED


@pytest.fixture(scope="session")
def noise() -> Clip:
    """Two seconds of stereo noise at 44.1 kHz, the same every time."""
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 88_200))
    return Clip(samples.astype(np.float32), 44_100)


@pytest.fixture(scope="session")
def tone() -> Clip:
    """Two seconds of 440 Hz in stereo at 44.1 kHz, softer on the right."""
    sine = 0.4 * np.sin(2 * np.pi * 440 * np.arange(88_200) / 44_100)
    return Clip(np.stack([sine, sine / 2]).astype(np.float32), 44_100)


@pytest.fixture(scope="session")
def song() -> Song:
    """A composed song: 120 BPM, A minor, with its beats and stems."""
    return compose(Spec("Test Song", bpm=120, key="A minor", style="house", seed=1))


@pytest.fixture
def say(tmp_path) -> Callable[[str, str], Clip]:
    """Say a text by a voice, mono at 22,050 Hz; tests that ask are skipped aloud where mute."""
    program = shutil.which("espeak-ng")
    if program is None:
        pytest.skip("no espeak-ng on this machine")

    def say(text: str, voice: str) -> Clip:
        path = tmp_path / "said.wav"
        subprocess.run([program, "-v", voice, "-w", str(path), text], check=True)
        return io.read(path, sample_rate=22_050, channels=1)

    return say


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    """A server on this machine that holds a toy: `tests.audio.home`."""
    with serving() as home:
        yield home
