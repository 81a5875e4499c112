"""Odd and broken recordings end in a clear sentence, or work."""

import wave

import numpy as np
import pytest
import soundfile

from apps.files.models import Track
from apps.jobs.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def known(upload, work):
    """Uploads a file, works, and gives the track as it is then."""

    def known(path) -> Track:
        answer = upload(path)
        assert answer.status_code == 201, answer.json()
        work()
        assert not Job.objects.active().exists()
        return Track.objects.get()

    return known


def test_a_truncated_mp3_says_where_it_ends(known, song, tmp_path):
    whole = song("song.mp3", seconds=20.0).read_bytes()
    cut = tmp_path / "cut.mp3"
    cut.write_bytes(whole[: len(whole) // 2])
    track = known(cut)
    assert track.state == Track.State.READY
    assert 8.0 < track.seconds < 12.0


def test_a_truncated_flac_says_where_it_stops_being_readable(known, song, tmp_path):
    whole = song("song.flac", seconds=20.0).read_bytes()
    cut = tmp_path / "cut.flac"
    cut.write_bytes(whole[: len(whole) // 2])
    track = known(cut)
    assert track.state == Track.State.READY
    assert "stops being readable at 0:" in track.remark


def test_one_sample_ends_in_a_sentence_or_works(known, tmp_path):
    path = tmp_path / "one.wav"
    soundfile.write(path, np.array([0.5], np.float32), 44_100)
    track = known(path)
    assert track.state == Track.State.READY
    listening = Job.objects.get(kind="predict")
    assert (listening.state, listening.error_code) == (Job.State.FAILED, "too_short")
    assert listening.error.endswith(".")


def test_silence_is_called_silence(known, tmp_path):
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(44_100 * 5, np.float32), 44_100)
    track = known(path)
    assert track.state == Track.State.READY
    assert Job.objects.get(kind="predict").error_code == "silent"


def test_samples_that_are_no_numbers_are_counted_and_played_as_silence(known, tmp_path):
    samples = np.random.default_rng(2).uniform(-0.5, 0.5, 44_100 * 4).astype(np.float32)
    samples[1000:1010] = np.nan
    path = tmp_path / "nan.wav"
    soundfile.write(path, samples, 44_100, subtype="FLOAT")
    track = known(path)
    assert track.state == Track.State.READY
    assert track.remark.startswith("10 of its samples are not numbers")


@pytest.mark.parametrize(("channels", "rate"), [(8, 44_100), (1, 8_000), (2, 192_000)])
def test_unusual_channels_and_rates_are_read_and_playable(known, channels, rate, tmp_path):
    noise = np.random.default_rng(3).uniform(-0.3, 0.3, (rate * 4, channels))
    path = tmp_path / "odd.wav"
    soundfile.write(path, noise, rate)
    track = known(path)
    assert (track.state, track.channels, track.sample_rate) == ("ready", channels, rate)
    assert (track.playable is None) == (channels <= 2 and rate <= 96_000)


@pytest.mark.parametrize("rate", [1, 10, 2**31 - 1])
def test_a_sample_rate_that_no_sound_has_is_refused(upload, rate, tmp_path):
    """Resampled to 44.1 kHz, a few hundred kilobytes of it would fill the memory."""
    path = tmp_path / "absurd.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(b"\x10\x20" * 1000)
    answer = upload(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "not_audio")


def test_a_header_that_lies_about_its_length_is_met_with_the_truth(known, tmp_path):
    path = tmp_path / "liar.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\x10\x20" * 8000 * 4)
    content = bytearray(path.read_bytes())
    content[40:44] = (2**31).to_bytes(4, "little")
    path.write_bytes(content)
    assert known(path).seconds == pytest.approx(4.0, abs=0.01)
