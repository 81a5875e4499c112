"""Splitting a mix: the stems sum to it, streamed is whole, and odd input works."""

from collections.abc import Iterator

import numpy as np
import pytest

from audio import hpss, io, levels, stems
from audio.clip import Clip
from audio.errors import UnknownEngine, UnknownStem
from audio.quality import si_sdr
from audio.separate import separate_file
from audio.streaming import windows


def streamed(engine: stems.Engine, blocks: Iterator[Clip]) -> dict[str, np.ndarray]:
    parts = [batch.stems for batch in engine.batches(blocks)]
    return {
        name: np.concatenate([part[name].samples for part in parts], axis=1) for name in parts[0]
    }


def in_blocks(clip: Clip, size: int) -> Iterator[Clip]:
    for start in range(0, clip.frames, size):
        yield Clip(clip.samples[:, start : start + size], clip.sample_rate)


def test_windows_joined_are_the_stream(noise):
    for step, context in ((1000, 300), (1000, 2500), (100_000, 10)):
        own = [
            w.own(w.clip.samples)
            for w in windows(in_blocks(noise, 777), step=step, context=context)
        ]
        joined = np.concatenate([clip.samples for clip in own], axis=1)
        np.testing.assert_array_equal(joined, noise.samples)


def test_streamed_is_the_same_as_whole(song, monkeypatch):
    monkeypatch.setattr(hpss, "STEP", 64 * hpss.HOP)
    mix = Clip(song.mix.samples[:, 44_100 : 44_100 * 7 + 321], 44_100)
    got = streamed(stems.load("hpss"), in_blocks(mix, 50_001))
    drums, bass = hpss.separated(mix)
    for name, whole in (("drums", drums), ("bass", bass), ("other", mix.samples - drums - bass)):
        error = Clip(got[name] - whole, 44_100)
        assert levels.rms_db(error) < levels.rms_db(mix) - 100, name


def test_the_transform_comes_back(noise):
    back = hpss._sound(hpss.transformed(noise.samples), noise.frames)
    np.testing.assert_allclose(back, noise.samples, atol=1e-6)


def test_gains_follow_what_is_percussive():
    tone, click = np.zeros((2, 101, 2049), np.float32)
    tone[:, 400], click[50] = 1, 1
    assert hpss.gains(tone, 44_100)[0][50, 400] < 0.2
    assert hpss.gains(click, 44_100)[0][50, 1500] > 0.5


def test_stems_are_nearer_to_the_truth_than_the_mix(song):
    clips = {name: Clip(clip.samples[:, :661_500], 44_100) for name, clip in song.stems.items()}
    rest = Clip(clips["chords"].samples + clips["lead"].samples, 44_100)
    mix = Clip(song.mix.samples[:, :661_500], 44_100)
    drums, bass = hpss.separated(mix)
    estimates = [drums, bass, mix.samples - drums - bass]
    truths = [clips["drums"], clips["bass"], rest]
    gained = [
        si_sdr(truth, Clip(estimate, 44_100)) - si_sdr(truth, mix)
        for truth, estimate in zip(truths, estimates, strict=True)
    ]
    assert min(gained) > 0.5
    assert np.mean(gained) > 1.8


@pytest.mark.parametrize("format", ["flac", "opus"])
def test_a_file_becomes_files_that_sum_to_it(tmp_path, song, format):
    mix = Clip(song.mix.samples[:, 441_000:841_000], 44_100)
    io.write(tmp_path / "mix.flac", mix)
    heard: list[float] = []
    made = separate_file(
        tmp_path / "mix.flac",
        tmp_path / "out",
        stems.load("hpss"),
        format=format,
        report=heard.append,
    )
    assert [stem.name for stem in made] == ["drums", "bass", "other"]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(
        s.path.name for s in made
    )
    clips = [io.read(stem.path, sample_rate=44_100).samples for stem in made]
    error = Clip(np.sum(clips, axis=0) - mix.samples, 44_100)
    assert levels.rms_db(error) < (-90 if format == "flac" else -35)
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(1.0)


def test_stems_that_would_clip_are_softened_alike(tmp_path, noise):
    loud = Clip(noise.samples * 3, 44_100)
    io.write(tmp_path / "mix.wav", loud, format="wav-float")
    made = separate_file(tmp_path / "mix.wav", tmp_path / "out", stems.load("hpss"))
    gains = {stem.gain_db for stem in made}
    assert len(gains) == 1
    gain = gains.pop()
    assert gain < 0
    assert max(stem.peak for stem in made) == pytest.approx(0.999, abs=1e-3)
    total = np.sum([io.read(stem.path).samples for stem in made], axis=0)
    assert levels.rms_db(Clip(total - levels.gain(loud, gain).samples, 44_100)) < -85


@pytest.mark.parametrize(
    ("channels", "rate", "frames"),
    [(1, 44_100, 1), (1, 8_000, 8_000), (2, 44_100, 2000), (8, 192_000, 9600)],
)
def test_odd_files_work(tmp_path, channels, rate, frames):
    clip = Clip(np.full((channels, frames), 0.25, np.float32), rate)
    io.write(tmp_path / "odd.wav", clip)
    made = separate_file(tmp_path / "odd.wav", tmp_path / "out", stems.load("hpss"))
    for stem in made:
        back = io.read(stem.path)
        assert back.channels == min(channels, 2)
        assert back.frames == round(frames * 44_100 / rate)


def test_silence_has_silent_stems(tmp_path):
    io.write(tmp_path / "mix.wav", Clip(np.zeros((2, 60_000), np.float32), 44_100))
    made = separate_file(tmp_path / "mix.wav", tmp_path / "out", stems.load("hpss"))
    assert not any(io.read(stem.path).samples.any() for stem in made)


def test_cancelling_leaves_nothing_behind(tmp_path, noise):
    class Cancelled(Exception):
        pass

    def cancel(fraction: float) -> None:
        raise Cancelled

    io.write(tmp_path / "mix.wav", noise)
    with pytest.raises(Cancelled):
        separate_file(tmp_path / "mix.wav", tmp_path / "out", stems.load("hpss"), report=cancel)
    assert list((tmp_path / "out").iterdir()) == []


def test_an_engine_nobody_knows_is_refused():
    with pytest.raises(UnknownEngine, match="hpss"):
        stems.load("spleeter")


def test_a_stem_an_engine_does_not_make_is_refused():
    with pytest.raises(UnknownStem, match="drums, bass, other, rest"):
        stems.load("hpss", stems.Options(stems=("vocals",)))
    with pytest.raises(UnknownStem, match="name one"):
        stems.load("hpss", stems.Options(stems=("rest",)))


def test_engines_are_what_their_rows_say():
    for name, facts in stems.ENGINES.items():
        assert facts.name == name
        assert len(facts.weights) in (0, 1, len(facts.sources))
    engine = stems.load("hpss")
    assert engine.facts is stems.ENGINES["hpss"]
    assert engine.stems == engine.facts.sources


@pytest.mark.parametrize("checkpoint", [False, True])
def test_a_stem_and_the_rest_are_the_mix(tmp_path, song, checkpoint):
    mix = Clip(song.mix.samples[:, :400_000], 44_100)
    io.write(tmp_path / "mix.wav", mix, format="wav-float")
    engine = stems.load("hpss", stems.Options(stems=("rest", "drums")))
    made = separate_file(
        tmp_path / "mix.wav",
        tmp_path / "out",
        engine,
        format="wav-float",
        checkpoint=tmp_path / "kept" if checkpoint else None,
    )
    assert [stem.name for stem in made] == ["drums", "rest"]
    total = np.sum([io.read(stem.path).samples for stem in made], axis=0)
    np.testing.assert_allclose(total, mix.samples * 10 ** (made[0].gain_db / 20), atol=1e-6)
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("format", ["wav24", "mp3-320", "m4a"])
def test_stems_are_written_in_other_formats(tmp_path, song, format):
    mix = Clip(song.mix.samples[:, 200_000:400_000], 44_100)
    io.write(tmp_path / "mix.wav", mix)
    made = separate_file(tmp_path / "mix.wav", tmp_path / "out", stems.load("hpss"), format=format)
    clips = [io.read(stem.path).samples[:, :200_000] for stem in made]
    n = min(clip.shape[1] for clip in clips)
    error = Clip(np.sum([clip[:, :n] for clip in clips], axis=0) - mix.samples[:, :n], 44_100)
    assert levels.rms_db(error) < (-85 if format == "wav24" else -25)
