"""What is said of a separation: how the sound was shared out, and what is left over."""

from pathlib import Path

import numpy as np
import pytest
import torch

from audio import availability, effort, io, stems
from audio.balance import FLOOR, Balance, silent_frames
from audio.clip import Clip
from audio.random_model import write_random_model
from audio.separate import separate_file
from audio.stems import ENGINES

RATE = 44_100


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("models")
    write_random_model(folder, small=True)
    return folder


@pytest.fixture
def mix(tmp_path) -> Path:
    noise = np.random.default_rng(0).standard_normal((2, 3 * RATE)).astype(np.float32) / 10
    path = tmp_path / "mix.wav"
    io.write(path, Clip(noise, RATE), format="wav-float")
    return path


def made(mix: Path, out: Path, models: Path, *wanted: str):
    options = stems.Options(stems=wanted, models=models, threads=1, dtype="float32")
    return separate_file(mix, out, stems.load("htdemucs", options))


def test_shares_and_residual_are_what_the_samples_say(mix, models, tmp_path):
    found = made(mix, tmp_path / "out", models)
    engine = stems.load("htdemucs", stems.Options(models=models, threads=1, dtype="float32"))
    blocks = list(io.blocks(mix))
    level = stems.measured(iter(blocks))
    batches = list(engine.batches(iter(blocks), level=level))
    parts = {
        name: np.concatenate([batch.stems[name].samples for batch in batches], 1, dtype=np.float64)
        for name in engine.stems
    }
    energy = {name: float(np.square(part).sum()) for name, part in parts.items()}
    whole = io.read(mix).samples.astype(np.float64)
    left = np.square(whole - sum(parts.values())).sum() / np.square(whole).sum()
    for stem in found:
        assert stem.share == pytest.approx(energy[stem.name] / sum(energy.values()), rel=1e-5)
        assert stem.residual_db == pytest.approx(10 * np.log10(left), abs=1e-3)


def test_a_remainder_leaves_nothing_over_and_some_stems_say_nothing_of_it(mix, models, tmp_path):
    rest = made(mix, tmp_path / "a", models, "vocals", "rest")
    assert rest[0].residual_db is not None and rest[0].residual_db <= -115
    assert made(mix, tmp_path / "b", models, "vocals")[0].residual_db is None
    assert sum(stem.share for stem in rest) == pytest.approx(1)


class Killed(Exception):
    pass


def test_what_went_on_after_a_break_says_the_same(mix, models, tmp_path):
    engine = stems.load("htdemucs", stems.Options(models=models, threads=1))
    told: list[float] = []

    def stop(fraction: float) -> None:
        told.append(fraction)
        if len(told) == 4:
            raise Killed

    kept = tmp_path / "kept"
    with pytest.raises(Killed):
        separate_file(mix, tmp_path / "a", engine, report=stop, checkpoint=kept)
    again = separate_file(mix, tmp_path / "a", engine, checkpoint=kept, keep=True)
    assert kept.exists(), "it stays until whoever asked has the files safe"
    undisturbed = separate_file(mix, tmp_path / "b", engine)
    assert [(stem.share, stem.silence, stem.residual_db) for stem in again] == [
        (stem.share, stem.silence, stem.residual_db) for stem in undisturbed
    ]


def test_cancelling_while_files_are_written_leaves_none_of_them(mix, tmp_path):
    engine = stems.load("hpss")

    def stop(fraction: float) -> None:
        if fraction > effort.separating(engine.facts) / effort.total(engine.facts) + 1e-6:
            raise Killed

    with pytest.raises(Killed):
        separate_file(mix, tmp_path / "out", engine, report=stop)
    assert not [path for path in (tmp_path / "out").iterdir() if path.stat().st_size < 1000]
    made_again = separate_file(mix, tmp_path / "out", engine)
    assert all(io.read(stem.path).frames == 3 * RATE for stem in made_again)


def test_silence_is_counted_by_stretches():
    samples = np.zeros((1, 1000), np.float32)
    samples[:, 300:420] = 0.5
    assert silent_frames(Clip(samples, 1000)) == 800, "stretches of 100 frames, two with sound"
    assert silent_frames(Clip(samples[:, :0], 1000)) == 0


def test_silence_has_no_residual_and_no_shares():
    balance = Balance()
    balance.add(np.zeros((2, 10), np.float32), {"drums": Clip(np.zeros((2, 10), np.float32), 10)})
    assert balance.residual_db is None
    assert (balance.share("drums"), balance.silence("drums")) == (0.0, 1.0)


def test_a_wrong_sum_shows():
    mix = np.ones((1, 1000), np.float32)
    balance = Balance()
    balance.add(mix, {"drums": Clip(0.9 * mix, 1000)})
    assert balance.residual_db == pytest.approx(-20, abs=0.01)
    right = Balance()
    right.add(mix, {"drums": Clip(mix, 1000)})
    assert right.residual_db == FLOOR


def test_one_stem_of_four_networks_costs_a_quarter():
    best = ENGINES["htdemucs_ft"]
    one, all_four = (effort.separating(best, wanted) for wanted in (("bass",), ()))
    assert all_four == pytest.approx(4 * one)
    assert effort.memory(best) > effort.memory(best, ("bass",)) > effort.memory(ENGINES["hpss"])


def test_a_minute_and_stem_takes_its_room_on_the_disk():
    needed = effort.disk(ENGINES["hpss"], ("drums",), 60.0)
    assert 21e6 < needed < 31e6


def test_an_engine_without_its_file_says_the_way_out(monkeypatch, tmp_path, models):
    monkeypatch.setenv("AUDIOPHILE_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("AUDIOPHILE_FETCH", "0")
    monkeypatch.delenv("AUDIOPHILE_MODEL_MIRROR", raising=False)
    assert "administrator can fetch it" in availability.missing(ENGINES["htdemucs"])
    assert availability.missing(ENGINES["hpss"]) == ""
    monkeypatch.setenv(availability.FOLDER, str(models))
    assert availability.missing(ENGINES["htdemucs"]) == ""
