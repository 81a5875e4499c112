"""Stems mixed as a mixer plays them, and stretches of recordings."""

from pathlib import Path

import numpy as np
import pytest

from audio import io
from audio.clip import Clip
from audio.mixdown import Strip, mix_down, panned
from audio.speed import at_speed
from audio.stretches import as_flac, stretch

RATE = 8000
SECONDS = 70  # more than one block at this rate


def noise(seed: int, frames: int = RATE * SECONDS, channels: int = 2) -> np.ndarray:
    sound = np.random.default_rng(seed).uniform(-0.4, 0.4, (channels, frames))
    return (np.rint(sound * 32768) / 32768).astype(np.float32)


@pytest.fixture(scope="module")
def stems(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("stems")
    paths = {name: folder / f"{name}.flac" for name in ("drums", "bass", "other")}
    for seed, path in enumerate(paths.values()):
        io.write(path, Clip(noise(seed), RATE))
    return paths


def by_hand(strips: dict[str, tuple[float, float]], start: int, stop: int) -> np.ndarray:
    """The same mix, written down from the standard's text, in double precision."""
    total = np.zeros((2, stop - start))
    for seed, name in enumerate(("drums", "bass", "other")):
        if name not in strips:
            continue
        gain_db, pan = strips[name]
        left, right = noise(seed)[:, start:stop].astype(float) * 10 ** (gain_db / 20)
        turn = (pan + 1 if pan <= 0 else pan) * np.pi / 2
        if pan <= 0:
            total += [left + right * np.cos(turn), right * np.sin(turn)]
        else:
            total += [left * np.cos(turn), right + left * np.sin(turn)]
    return total


def below(difference: np.ndarray) -> float:
    """Its largest sample, in dB of full scale."""
    return float(20 * np.log10(np.abs(difference).max() + 1e-12))


def test_a_mix_is_what_its_settings_say(stems, tmp_path):
    wish = {"drums": (-3.0, -0.4), "other": (-7.5, 0.7)}
    strips = {name: Strip(*strip) for name, strip in wish.items()}
    out = tmp_path / "mix.wav"
    heard: list[float] = []
    made = mix_down(stems, strips, out, format="wav-float", report=heard.append)
    assert made.frames == RATE * SECONDS
    assert below(io.read(out).samples - by_hand(wish, 0, RATE * SECONDS)) < -120
    assert heard == sorted(heard) and heard[-1] == 1.0


def test_a_region_is_cut_to_the_sample(stems, tmp_path):
    out = tmp_path / "mix.flac"
    mix_down(stems, {"bass": Strip()}, out, region=(1.25, 60.5), format="flac")
    assert np.array_equal(io.read(out).samples, noise(1)[:, int(1.25 * RATE) : int(60.5 * RATE)])


def test_what_would_clip_is_made_softer_as_a_whole(stems, tmp_path):
    loud = {name: Strip(6.0) for name in stems}
    made = mix_down(stems, loud, tmp_path / "soft.flac", region=(0, 2))
    sound = io.read(tmp_path / "soft.flac").samples
    plain = by_hand({name: (6.0, 0.0) for name in stems}, 0, 2 * RATE)
    assert made.gain_db < -3
    assert below(sound - plain * 10 ** (made.gain_db / 20)) < -80
    assert 0.99 < np.abs(sound).max() < 1.0
    mix_down(stems, loud, tmp_path / "loud.wav", region=(0, 2), format="wav-float")
    assert np.abs(io.read(tmp_path / "loud.wav").samples).max() > 1.5, "float holds all of it"


def test_mono_stems_make_a_mono_mix_until_one_is_moved(tmp_path):
    path = tmp_path / "one.flac"
    io.write(path, Clip(noise(1, RATE, channels=1), RATE))
    mix_down({"one": path}, {"one": Strip()}, tmp_path / "still.flac")
    mix_down({"one": path}, {"one": Strip(pan=1.0)}, tmp_path / "moved.wav", format="wav-float")
    assert io.probe(tmp_path / "still.flac").channels == 1
    left, right = io.read(tmp_path / "moved.wav").samples
    assert not left.any() and below(right - 2 * noise(1, RATE, channels=1)[0]) < -120


def test_nonsense_is_refused(stems, tmp_path):
    out = tmp_path / "mix.flac"
    for wrong in ({"pan": 1.5}, {"gain_db": 99.0}, {"gain_db": float("nan")}):
        with pytest.raises(ValueError):
            Strip(**wrong)
    with pytest.raises(ValueError, match="drums, bass, other"):
        mix_down(stems, {"piano": Strip()}, out)
    with pytest.raises(ValueError, match="begins before"):
        mix_down(stems, {"bass": Strip()}, out, region=(3.0, 3.0))
    with pytest.raises(ValueError, match="speed"):
        mix_down(stems, {"bass": Strip()}, out, speed=3.0)
    assert not out.exists()


def test_in_the_middle_nothing_changes():
    sound = noise(3, 100)
    assert np.array_equal(panned(sound, 0.0), sound)


# -- speed ---------------------------------------------------------------------------------------


def tone(hertz: float, seconds: float = 3.0) -> Clip:
    t = np.arange(round(seconds * 22_050)) / 22_050
    return Clip(np.stack([np.sin(2 * np.pi * hertz * t)] * 2).astype(np.float32) / 2, 22_050)


def played(clip: Clip, speed: float, block: int = 5000) -> np.ndarray:
    pieces = [
        Clip(clip.samples[:, at : at + block], clip.sample_rate)
        for at in range(0, clip.frames, block)
    ]
    return np.concatenate([piece.samples for piece in at_speed(iter(pieces), speed)], axis=1)


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.25, 1.5])
def test_speed_changes_the_length_and_not_the_pitch(speed):
    sound = played(tone(330.0), speed)
    assert sound.shape[1] == round(tone(330.0).frames / speed)
    spectrum = np.abs(np.fft.rfft(sound[0] * np.hanning(sound.shape[1])))
    assert np.argmax(spectrum) * 22_050 / sound.shape[1] == pytest.approx(330.0, abs=1.0)
    power = np.square(spectrum)
    near = np.argmax(power) + np.arange(-20, 21)
    assert power[near].sum() / power.sum() > 0.98, "pieces that do not match would sound rough"


@pytest.mark.parametrize("speed", [0.6, 1.4])
def test_speed_keeps_clicks_where_they_belong(speed):
    clicks = np.zeros((1, 22_050 * 3), np.float32)
    clicks[:, 11_025::11_025] = 0.9
    sound = played(Clip(clicks, 22_050), speed)[0]
    places = np.flatnonzero(sound > 0.15) / 22_050 * speed
    for beat in (0.5, 1.0, 1.5, 2.0, 2.5):
        assert np.abs(places - beat).min() < 0.03


def test_speed_does_not_care_how_the_stream_is_cut():
    assert np.array_equal(played(tone(200.0), 0.7, 999), played(tone(200.0), 0.7, 50_000))


def test_speed_one_touches_nothing():
    assert np.array_equal(played(tone(200.0), 1.0), tone(200.0).samples)


def test_a_short_sound_is_played_too():
    assert played(Clip(noise(1, 40), RATE), 0.5).shape == (2, 80)


# -- stretches -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def long_song(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("songs")


@pytest.mark.parametrize("format", ["flac", "wav", "mp3", "m4a", "opus"])
@pytest.mark.parametrize("rate", [None, 44_100])
def test_a_stretch_is_what_decoding_from_the_start_gives(long_song, format, rate):
    path = long_song / f"song.{format}"
    if not path.exists():
        io.write(path, Clip(noise(5, 24_000 * 12), 24_000), format=format)
    whole = io.read(path, sample_rate=rate)
    tolerance = 1e-5 if format == "opus" else 0.0  # its decoder remembers a long time
    with path.open("rb") as file:
        for seconds in (0.0, 0.5, 2.1, 6.7, 9.9):
            start = round(seconds * whole.sample_rate) + 7
            part = stretch(file, start, whole.sample_rate, sample_rate=rate)
            expected = whole.samples[:, start : start + whole.sample_rate]
            assert part.sample_rate == whole.sample_rate
            assert part.samples.shape == expected.shape
            assert np.abs(part.samples - expected).max() <= tolerance, seconds


def test_stretches_of_stems_join_up_and_end_with_the_file(stems):
    with stems["drums"].open("rb") as file:
        parts = [stretch(file, at, 40_000).samples for at in range(0, RATE * SECONDS, 40_000)]
        assert stretch(file, RATE * SECONDS, 10).frames == 0
    assert np.array_equal(np.concatenate(parts, axis=1), noise(0))


def test_a_stretch_becomes_a_file_of_the_same_samples(tmp_path):
    path = tmp_path / "stretch.flac"
    path.write_bytes(as_flac(Clip(noise(9, 12_345), RATE)))
    assert io.probe(path).seconds == pytest.approx(12_345 / RATE)
    assert np.array_equal(io.read(path).samples, noise(9, 12_345))


def test_a_stretch_has_a_place(stems):
    with stems["drums"].open("rb") as file, pytest.raises(ValueError):
        stretch(file, -1, 10)
