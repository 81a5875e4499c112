"""Remixes: the laws of a plan, and that what is planned is what is heard."""

import hashlib
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from audio import io
from audio.beatgrid import FEATURES, BeatGrid
from audio.clip import Clip
from audio.recipe import Recipe, Segment
from audio.remix import CEILING, CROSSFADE, render
from audio.remix import plan as plan_remix

RATE = 44_100


def _grid(beats: int = 64, *, seed: int = 0, length: float = 0.5, bars: bool = True) -> BeatGrid:
    """A song of equal beats whose sounds wander at random."""
    random = np.random.default_rng(seed)
    features = random.standard_normal((beats, len(FEATURES))).astype(np.float32).cumsum(axis=0)
    features[:, FEATURES.index("loudness")] = -20 - seed
    features[:, FEATURES.index("length")] = np.log2(length)
    times = 0.25 + length * np.arange(beats)
    downbeats = times[1::4] if bars else times[:0]
    seconds = float(times[-1] + 2 * length)
    return BeatGrid("test", seconds, 60 / length, 1.0, times, downbeats, features)


@pytest.fixture(scope="module")
def grids() -> dict[str, BeatGrid]:
    return {name: _grid(seed=seed) for seed, name in enumerate(["a", "b", "c"])}


def test_the_segments_play_the_beats_asked_for_without_a_gap(grids):
    for beats in (1, 5, 64, 333):
        recipe = plan_remix(grids, beats=beats)
        assert recipe.beats == beats
        for before, after in pairwise(recipe.segments):
            assert after.at == pytest.approx(before.at + before.seconds, abs=1e-6)
        for segment in recipe.segments:
            beats_of_song = grids[segment.song].beats
            assert segment.start == pytest.approx(beats_of_song[segment.first_beat])
            assert segment.stop == pytest.approx(grids[segment.song].ends[segment.last_beat])


def test_the_same_seed_is_the_same_remix(grids):
    assert plan_remix(grids, seed=5) == plan_remix(grids, seed=5)
    assert len({plan_remix(grids, seed=seed).segments for seed in range(8)}) > 4


@pytest.mark.parametrize("seed", range(12))
def test_64_beats_have_several_jumps_and_every_song(grids, seed):
    recipe = plan_remix(grids, seed=seed)
    assert 4 <= len(recipe.segments) <= 16
    assert set(recipe.songs) == {"a", "b", "c"}


@pytest.mark.parametrize("seed", range(6))
def test_runs_are_long_enough_and_jumps_keep_the_bar(grids, seed):
    recipe = plan_remix(grids, seed=seed, minimum_run=6, jump_rate=1.0)
    assert grids[recipe.segments[0].song].places[recipe.segments[0].first_beat] == 0
    for before, after in pairwise(recipe.segments):
        ended = before.last_beat == len(grids[before.song].beats) - 1
        assert before.beats >= 6 or ended
        assert before.song != after.song
        left = grids[before.song].places[before.last_beat]
        assert grids[after.song].places[after.first_beat] == (left + 1) % 4


@pytest.mark.parametrize("seed", range(4))
def test_a_jump_leads_to_what_resembles_the_successor(seed):
    song = _grid(400, seed=1, bars=False)
    song.features[:, :25] = np.random.default_rng(0).standard_normal((400, 25))
    grids = {"one": song, "same": BeatGrid(**vars(song))}
    recipe = plan_remix(grids, jump_rate=0.5, beats=20, seed=seed)
    hits = [b.first_beat == a.last_beat + 1 for a, b in pairwise(recipe.segments)]
    assert hits
    assert all(hits)


def test_beats_of_another_length_are_avoided():
    grids = {
        "a": _grid(seed=0),
        "b": _grid(seed=1, length=0.51),
        "slow": _grid(seed=2, length=0.7),
    }
    recipe = plan_remix(grids, beats=200, jump_rate=1.0)
    heard = [segment.song for segment in recipe.segments]
    assert heard.count("slow") == 1


def test_one_song_jumps_far_away():
    recipe = plan_remix({"only": _grid(80)}, jump_rate=1.0)
    assert len(recipe.segments) > 3
    for before, after in pairwise(recipe.segments):
        assert abs(after.first_beat - before.last_beat - 1) >= 16


@pytest.mark.parametrize("size", [1, 2, 3, 11])
def test_tiny_songs_are_enough(size):
    assert plan_remix({"tiny": _grid(size)}, beats=50).beats == 50
    assert plan_remix({"tiny": _grid(size), "other": _grid(size, seed=1)}, beats=50).beats == 50


def test_without_jumps_a_song_plays_to_its_end(grids):
    recipe = plan_remix(grids, jump_rate=0.0, beats=200)
    assert all(segment.last_beat == 63 for segment in recipe.segments[:-1])


def test_louder_songs_are_turned_down(grids):
    gains = {segment.song: segment.gain_db for segment in plan_remix(grids).segments}
    assert gains["a"] < gains["b"] < gains["c"]
    assert sum(gains.values()) == pytest.approx(0, abs=0.05)


def test_reasons_are_sentences(grids):
    reasons = [segment.reason for segment in plan_remix(grids).segments]
    assert reasons[0] == "The remix begins here, at the start of a bar."
    assert all(reason.endswith(".") and "successor" not in reason for reason in reasons)


@pytest.mark.parametrize(
    "wish",
    [{"beats": 0}, {"jump_rate": 1.5}, {"jump_rate": -0.1}, {"minimum_run": 0}, {"seed": -1}],
)
def test_impossible_wishes_are_refused(grids, wish):
    with pytest.raises(ValueError, match=r"\.$"):
        plan_remix(grids, **wish)


def test_a_remix_needs_a_song():
    with pytest.raises(ValueError, match="at least one song"):
        plan_remix({})


def test_a_recipe_survives_json(grids):
    recipe = plan_remix(grids, seed=3)
    assert Recipe.from_json(recipe.to_json()) == recipe
    for nonsense in ("", "{}", "[1]", '{"segments": [{}], "seed": 1}'):
        with pytest.raises(ValueError):
            Recipe.from_json(nonsense)


def _segment(**changes: object) -> Segment:
    facts = {
        "song": "a", "first_beat": 0, "last_beat": 3, "start": 1.0, "stop": 3.0, "at": 0.0,
        "gain_db": 0.0, "distance": 0.0, "reason": "The remix begins here.",
    }  # fmt: skip
    return Segment(**(facts | changes))


@pytest.mark.parametrize(
    "segments", [(), (_segment(stop=1.0),), (_segment(at=1.0),), (_segment(), _segment(at=9.0))]
)
def test_a_recipe_without_sense_is_refused(segments):
    with pytest.raises(ValueError, match="recipe"):
        Recipe(seed=0, parameters={}, segments=segments)


def test_planning_loads_no_heavy_library():
    code = (
        "import sys, audio.remix, audio.tagging; "
        "print({'librosa', 'numba', 'onnxruntime', 'sklearn', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.fixture
def sources(tmp_path):
    """Three tones of different pitch; their file names are their songs."""
    paths = {}
    for name, pitch, gain in (("a", 220.0, 0.5), ("b", 330.0, 0.5), ("c", 440.0, 0.9)):
        t = np.arange(34 * RATE) / RATE
        tone = (gain * np.sin(2 * np.pi * pitch * t)).astype(np.float32)
        paths[name] = tmp_path / f"{name}.wav"
        io.write(paths[name], Clip(np.stack([tone, 0.5 * tone]), RATE))
    return paths


def test_what_is_rendered_is_what_was_planned(grids, sources, tmp_path):
    recipe = plan_remix(grids, beats=40)
    render(recipe, sources, tmp_path / "remix.wav")
    heard = io.read(tmp_path / "remix.wav")
    assert (heard.channels, heard.sample_rate) == (2, RATE)
    assert heard.seconds == pytest.approx(recipe.seconds, abs=1 / RATE)
    assert 0.1 < np.abs(heard.samples).max() <= CEILING + 1e-3
    for segment in recipe.segments[:-1]:
        middle = round((segment.at + segment.seconds / 2) * RATE)
        around = heard.samples[0, middle - 4410 : middle + 4410]
        pitch = np.abs(np.fft.rfft(around * np.hanning(8820))).argmax() * RATE / 8820
        assert pitch == pytest.approx({"a": 220, "b": 330, "c": 440}[segment.song], abs=5)


def test_a_run_is_the_untouched_source(sources, tmp_path):
    recipe = Recipe(0, {}, (_segment(start=1.0, stop=9.0, last_beat=15),))
    render(recipe, sources, tmp_path / "run.wav")
    heard, source = io.read(tmp_path / "run.wav"), io.read(sources["a"])
    inside = slice(round(CROSSFADE * RATE), 6 * RATE)
    shifted = slice(inside.start + RATE, inside.stop + RATE)
    np.testing.assert_allclose(heard.samples[:, inside], source.samples[:, shifted], atol=1e-4)


def test_splices_do_not_click(grids, sources, tmp_path):
    """Around a splice the sound has no more energy above 8 kHz than the tones have anywhere."""
    recipe = plan_remix(grids, beats=48, jump_rate=1.0)
    render(recipe, sources, tmp_path / "remix.wav")
    samples = io.read(tmp_path / "remix.wav").samples[0].astype(np.float64)
    window = np.hanning(441)
    high = slice(round(8000 * 441 / RATE), None)
    for segment in recipe.segments[1:]:
        at = round(segment.at * RATE)
        spectrum = np.abs(np.fft.rfft(samples[at - 220 : at + 221] * window)) ** 2
        assert spectrum[high].sum() < 1e-6 * spectrum.sum()


@pytest.mark.parametrize("format", ["wav", "flac"])
def test_the_same_recipe_is_the_same_bytes(grids, sources, tmp_path, format):
    recipe = plan_remix(grids, beats=16)
    digests = set()
    for name in ("one", "two"):
        render(recipe, sources, tmp_path / f"{name}.{format}")
        digests.add(hashlib.sha256((tmp_path / f"{name}.{format}").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_a_song_that_is_not_there_is_named(grids, tmp_path):
    with pytest.raises(ValueError, match="not there"):
        render(plan_remix(grids), {}, tmp_path / "remix.wav")


def test_cancelling_leaves_nothing_behind(grids, sources, tmp_path):
    def cancel(fraction: float) -> None:
        raise KeyError("cancelled")

    before = sorted(tmp_path.iterdir())
    with pytest.raises(KeyError):
        render(plan_remix(grids), sources, tmp_path / "remix.wav", report=cancel)
    assert sorted(tmp_path.iterdir()) == before


def test_a_source_that_breaks_off_leaves_silence(sources, tmp_path):
    recipe = Recipe(0, {}, (_segment(start=30.0, stop=38.0, last_beat=15),))
    render(recipe, sources, tmp_path / "short.wav")
    heard = io.read(tmp_path / "short.wav")
    assert heard.seconds == pytest.approx(8.0)
    assert not heard.samples[:, 5 * RATE : 6 * RATE].any()
