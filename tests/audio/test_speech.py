"""Speech is told from music, and cheaply."""

import time

import numpy as np
import pytest

from audio import io
from audio.clip import Clip
from audio.errors import Silent, TooShort
from audio.speech import SAMPLE_RATE, is_speech, speech_chance

TEXTS = (
    "The old bridge is closed, so we drove along the river and crossed it in the next town.",
    "Please call me back tomorrow morning. I will be at home until half past nine.",
)


def _cut(clip: Clip, first: float, last: float) -> Clip:
    return Clip(clip.samples[:, int(first * SAMPLE_RATE) : int(last * SAMPLE_RATE)], SAMPLE_RATE)


@pytest.mark.parametrize("voice", ["en-us", "en-gb", "en-us+f3"])
def test_what_espeak_says_is_speech_also_in_noise(say, voice):
    for text in TEXTS:
        clip = say(text, voice)
        assert is_speech(clip)
        level = 0.1 * np.sqrt(np.mean(clip.samples**2))  # -20 dB
        noise = np.random.default_rng(0).standard_normal(clip.samples.shape)
        assert is_speech(Clip((clip.samples + level * noise).astype(np.float32), SAMPLE_RATE))


def test_a_read_text_is_speech(shared):
    clip = io.read(shared / "data/clips/198-209-0000.hq.ogg", sample_rate=SAMPLE_RATE, channels=1)
    assert is_speech(clip)
    assert is_speech(_cut(clip, 2, 8))


def test_songs_are_not(shared):
    songs = sorted((shared / "data/music").glob("*.ogg"))
    excerpts = sorted((shared / "data/gtzan/audio").glob("*.flac"))[::6]
    clips = [io.read(path, sample_rate=SAMPLE_RATE, channels=1) for path in [*songs, *excerpts]]
    assert not [clip for clip in clips if is_speech(_cut(clip, 0, 30))]


def test_a_composed_song_noise_and_a_tone_are_not(song):
    t = np.arange(5 * SAMPLE_RATE) / SAMPLE_RATE
    mix = np.ascontiguousarray(song.mix.mono().samples[:, ::2])
    noise = 0.1 * np.random.default_rng(0).standard_normal((1, len(t)))
    tone = 0.3 * np.sin(2 * np.pi * 300 * t)[None]
    for samples in (mix[:, : 30 * SAMPLE_RATE], noise, tone):
        assert not is_speech(Clip(samples.astype(np.float32), SAMPLE_RATE))


def test_loudness_makes_no_difference(say):
    clip = say(TEXTS[0], "en-us")
    soft = Clip(clip.samples * np.float32(0.01), SAMPLE_RATE)
    assert speech_chance(soft) == pytest.approx(speech_chance(clip), abs=1e-3)


def test_it_is_cheap():
    clip = Clip(np.random.default_rng(0).random((1, 30 * SAMPLE_RATE), np.float32), SAMPLE_RATE)
    is_speech(clip)
    began = time.process_time()
    is_speech(clip)
    assert time.process_time() - began < 0.1  # usually 0.002


@pytest.mark.parametrize(
    ("clip", "error"),
    [
        (Clip(np.zeros((1, SAMPLE_RATE), np.float32), SAMPLE_RATE), Silent),
        (Clip(np.ones((1, 100), np.float32), SAMPLE_RATE), TooShort),
        (Clip(np.ones((2, SAMPLE_RATE), np.float32), SAMPLE_RATE), ValueError),
        (Clip(np.ones((1, SAMPLE_RATE), np.float32), 16_000), ValueError),
    ],
)
def test_what_cannot_be_told_is_refused(clip, error):
    with pytest.raises(error):
        is_speech(clip)
