"""The fit of the drums' mask: it finds the gains that the songs were made with."""

import numpy as np
import pytest

from audio import hpss, io
from audio.clip import Clip
from training import masks


def click_and_tone(folder, *, loudness: float) -> None:
    """A song whose clicks are all above and whose tone is all below 1 kHz."""
    rate, n = 44_100, 2 * 44_100
    rng = np.random.default_rng(3)
    clicks = np.zeros((2, n), np.float32)
    for start in range(4000, n - 500, 11_025):
        clicks[:, start : start + 200] = rng.normal(0, 0.3, 200) * np.hanning(200)
    tone = loudness * np.sin(2 * np.pi * 330 * np.arange(n) / rate)
    folder.mkdir()
    io.write(folder / "drums.ogg", Clip(clicks, rate))
    io.write(folder / "other.ogg", Clip(np.float32([tone, tone]), rate))


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("songs")
    for number, loudness in enumerate((0.1, 0.2, 0.3)):
        click_and_tone(folder / f"song{number}", loudness=loudness)
    return folder


def test_gains_follow_what_is_percussive(songs):
    fitted = masks.fit(songs)
    tonal, percussive = fitted["table"]["250.0"][0], fitted["table"]["4500.0"][-1]
    assert tonal < 0.1 and percussive > 0.8
    assert set(fitted["fitted"]) == {"song1"} and set(fitted["held_out"]) == {"song0", "song2"}
    assert min(fitted["held_out"].values()) > 3


def test_the_error_is_that_of_the_sound(songs):
    rows = tuple(hpss.DRUMS)
    song = masks.heard(songs / "song1", rows)
    gains = np.array(list(hpss.DRUMS.values()))
    drums = io.read(songs / "song1" / "drums.ogg")
    mix = Clip(drums.samples + io.read(songs / "song1" / "other.ogg").samples, 44_100)
    wrong = hpss.separated(mix)[0] - drums.samples
    share = np.square(wrong).sum() / np.square(drums.samples).sum()
    assert share <= song.error(gains) < 1.3 * share  # spectra of no sound are wrong as well


def test_a_folder_without_songs_is_said_to_be_one(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"drums\.ogg"):
        masks.fit(tmp_path)
