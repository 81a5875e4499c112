"""Converting while it is sent."""

import numpy as np
import pytest

from audio import io, transcode
from audio.clip import Clip


@pytest.fixture
def song(tmp_path):
    t = np.arange(44_100 * 7) / 44_100
    path = tmp_path / "song.wav"
    io.write(path, Clip((0.4 * np.sin(2 * np.pi * 440 * t))[None].astype(np.float32), 44_100))
    return path


@pytest.mark.parametrize("name", ["mp3", "opus", "flac", "wav"])
def test_the_bytes_that_come_are_the_song(song, tmp_path, name):
    parts = list(transcode.streamed(song, name))
    sent, file = tmp_path / "sent", tmp_path / f"file.{name}"
    sent.write_bytes(b"".join(parts))
    transcode.finished(sent, file, name)
    assert sum(map(bool, parts)) > 2, "they come while it is converted"
    for path in (sent, file):
        heard = io.read(path, sample_rate=44_100, channels=1)
        assert heard.seconds == pytest.approx(7.0, abs=0.1)
        assert np.sqrt(np.mean(heard.samples**2)) == pytest.approx(0.283, rel=0.1)
    assert io.probe(file).seconds == pytest.approx(7.0, abs=0.1), "the file says how long it is"
