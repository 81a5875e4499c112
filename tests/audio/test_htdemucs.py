"""Demucs in our own engine room, on small networks with random weights."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from demucs.apply import BagOfModels, apply_model
from demucs.hf import load_safetensors_model
from demucs.pretrained import get_model

from audio import devices, htdemucs, io, own_models, stems, stopping
from audio.__main__ import main
from audio.clip import Clip, Samples
from audio.errors import UnknownStem
from audio.random_model import write_random_model
from audio.separate import separate_file
from audio.weights import WeightsMissing

RATE = 44_100
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Networks this small only wait for each other in several threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_random_model(folder, small=True)
    return folder


def noise(seconds: float, channels: int = 2, seed: int = 0) -> Samples:
    made = np.random.default_rng(seed).standard_normal((channels, round(seconds * RATE)))
    return (0.2 * made + 0.01).astype(np.float32)


def blocks(samples: Samples, size: int = 30_001) -> Iterator[Clip]:
    for start in range(0, samples.shape[1], size):
        yield Clip(samples[:, start : start + size], RATE)


def streamed(engine: stems.Engine, samples: Samples) -> Samples:
    level = stems.measured(blocks(samples))
    batches = list(engine.batches(blocks(samples), level=level))
    return np.stack(
        [
            np.concatenate([batch.stems[name].samples for batch in batches], axis=1)
            for name in batches[0].stems
        ]
    )


def whole(folder: Path, name: str, samples: Samples) -> Samples:
    """What the package makes of it in one piece."""
    bag = yaml.safe_load((folder / f"{name}.yaml").read_text())
    parts = [load_safetensors_model(folder / f"{part}.safetensors") for part in bag["models"]]
    mix = torch.from_numpy(samples)
    mean, std = mix.mean(0).mean(), mix.mean(0).std() + 1e-8
    model = BagOfModels(parts, bag.get("weights"))
    out = apply_model(model, ((mix - mean) / std)[None], shifts=0, split=True)
    return (out * std + mean)[0].numpy()


def snr(reference: Samples, estimate: Samples) -> float:
    return 10 * np.log10(np.square(reference).sum() / np.square(reference - estimate).sum())


@pytest.mark.parametrize(
    ("name", "seconds"),  # less than a segment, one and a tail it covers, several
    [("htdemucs", 0.2), ("htdemucs", 0.5), ("htdemucs", 1.3), ("htdemucs_6s", 0.9),
     ("htdemucs_ft", 0.7)],
)  # fmt: skip
def test_streamed_is_what_the_package_makes_of_the_whole(models, name, seconds):
    mix = noise(seconds)
    truth = whole(models, name, mix)
    for dtype in ("float32", "bfloat16"):
        got = streamed(stems.load(name, stems.Options(models=models, dtype=dtype, threads=1)), mix)
        assert got.shape == truth.shape
        if dtype == "float32":
            assert np.abs(got - truth).max() < 10 ** (-90 / 20)
        else:  # networks this narrow average less away: 40 dB is for the full size
            assert min(snr(a, b) for a, b in zip(truth, got, strict=True)) > 30


def test_the_package_reads_the_random_model_and_a_th_becomes_one(models, tmp_path):
    (weights,) = {yaml.safe_load((models / "htdemucs.yaml").read_text())["models"][0]}
    model = load_safetensors_model(models / f"{weights}.safetensors")
    args, kwargs = model._init_args_kwargs
    package = {"klass": type(model), "args": args, "kwargs": kwargs, "state": model.state_dict()}
    torch.save(package, tmp_path / "mine.th")
    assert get_model("mine", tmp_path)
    bag = own_models.convert(tmp_path / "mine.th", tmp_path / "own")
    assert yaml.safe_load(bag.read_text())["models"] == [weights]


def test_the_random_model_is_the_same_every_time(models, tmp_path):
    write_random_model(tmp_path, small=True)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (models / path.name).read_bytes()


class Runs:
    """What a pickle can do when it is read."""

    def __reduce__(self):
        return os.mkdir, (self.where,)


def test_a_model_that_holds_code_is_refused(tmp_path):
    package = Runs()
    package.where = str(tmp_path / "ran")
    torch.save({"klass": package}, tmp_path / "bad.th")
    with pytest.raises(WeightsMissing, match="--run-its-code"):
        own_models.convert(tmp_path / "bad.th", tmp_path)
    assert not (tmp_path / "ran").exists()


def test_one_stem_of_the_fine_tuned_reads_one_model(models, tmp_path):
    bag = yaml.safe_load((models / "htdemucs_ft.yaml").read_text())
    (tmp_path / "htdemucs_ft.yaml").write_text((models / "htdemucs_ft.yaml").read_text())
    file = f"{bag['models'][1]}.safetensors"
    (tmp_path / file).write_bytes((models / file).read_bytes())
    mix = noise(0.7)
    engine = stems.load("htdemucs_ft", stems.Options(models=tmp_path, stems=("bass",), threads=1))
    everything = stems.load("htdemucs_ft", stems.Options(models=models, threads=1))
    np.testing.assert_array_equal(streamed(engine, mix)[0], streamed(everything, mix)[1])
    with pytest.raises(WeightsMissing, match="which is not in"):
        stems.load("htdemucs_ft", stems.Options(models=tmp_path))


def test_without_weights_it_says_so_and_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOPHILE_FETCH", "0")
    monkeypatch.setenv("AUDIOPHILE_WEIGHTS", str(tmp_path))
    monkeypatch.delenv("AUDIOPHILE_DEMUCS_MODELS", raising=False)
    with pytest.raises(WeightsMissing, match="models fetch htdemucs"):
        stems.load("htdemucs")
    with pytest.raises(WeightsMissing, match=r"no htdemucs\.yaml"):
        stems.load("htdemucs", stems.Options(models=tmp_path))
    with pytest.raises(UnknownStem):
        stems.load("htdemucs", stems.Options(stems=("piano",)))


def test_the_setting_names_a_folder_of_models(models, monkeypatch):
    monkeypatch.setenv("AUDIOPHILE_DEMUCS_MODELS", str(models))
    assert stems.load("htdemucs").parameters["stems"] == "drums,bass,other,vocals"


def test_the_same_again_is_the_same_to_the_bit(models):
    mix = noise(1.6)
    options = stems.Options(models=models, dtype="bfloat16")
    several = stems.load("htdemucs", options)
    alone = stems.load("htdemucs", stems.Options(models=models, dtype="bfloat16", threads=1))
    np.testing.assert_array_equal(streamed(several, mix), streamed(alone, mix))


def test_mono_and_silence(models):
    engine = stems.load("htdemucs", stems.Options(models=models, threads=1))
    mono = streamed(engine, noise(0.7, channels=1))
    assert mono.shape == (4, 1, round(0.7 * RATE))
    assert np.abs(streamed(engine, np.zeros((2, 50_000), np.float32))).max() < 1e-6


def test_a_graphics_card_that_is_full_gets_halves_then_nothing():
    asked = []

    def full(mix):
        asked.append(mix.shape[-1])
        if mix.shape[-1] > 700:
            raise torch.OutOfMemoryError
        return mix[None].repeat(2, 1, 1)

    mix = torch.rand(2, 1000)
    on = devices.OnDevice(full, lambda mix: mix[None], "cpu", "float32")
    torch.testing.assert_close(on(mix), mix[None].repeat(2, 1, 1))
    assert asked == [1000, 625, 625]
    never = devices.OnDevice(lambda mix: full(mix.repeat(1, 9)), lambda mix: mix, "cpu", "float32")
    assert never(mix) is mix


def test_segments_are_cut_as_the_package_cuts_them():
    ramp = np.arange(1, 26, dtype=np.float32)[None]
    made = list(htdemucs.cut(iter([Clip(ramp, 10)]), length=10, stride=8))
    assert [(segment.lead, segment.frames) for segment in made] == [
        (0, 10),
        (0, 10),
        (0, 9),
        (4, 1),
    ]
    assert made[3].samples[0].tolist() == [21, 22, 23, 24, 25, 0, 0, 0, 0, 0]
    later = list(htdemucs.cut(iter([Clip(ramp, 10)]), length=10, stride=8, skip=2))
    assert [segment.samples.tolist() for segment in later] == [
        segment.samples.tolist() for segment in made[2:]
    ]


class Killed(Exception):
    pass


@pytest.mark.parametrize("wanted", [(), ("vocals", "rest")])
@pytest.mark.parametrize("after", [1, 4])
def test_what_was_stopped_goes_on_and_is_the_same(models, tmp_path, wanted, after):
    io.write(tmp_path / "mix.wav", Clip(noise(2.65), RATE))
    engine = stems.load("htdemucs", stems.Options(models=models, stems=wanted, threads=1))
    told: list[float] = []

    def stop(fraction: float) -> None:
        told.append(fraction)
        if len(told) == after:
            raise Killed

    with pytest.raises(Killed):
        separate_file(
            tmp_path / "mix.wav", tmp_path / "a", engine, report=stop, checkpoint=tmp_path / "kept"
        )
    again: list[float] = []
    separate_file(
        tmp_path / "mix.wav",
        tmp_path / "a",
        engine,
        report=again.append,
        checkpoint=tmp_path / "kept",
    )
    separate_file(tmp_path / "mix.wav", tmp_path / "b", engine)
    assert again[0] > told[-1]
    assert not (tmp_path / "kept").exists()
    for path in (tmp_path / "b").iterdir():
        assert path.read_bytes() == (tmp_path / "a" / path.name).read_bytes()


def test_batches_of_another_separation_are_not_taken_up(models, tmp_path):
    io.write(tmp_path / "mix.wav", Clip(noise(1.5), RATE))
    io.write(tmp_path / "other.wav", Clip(noise(1.5, seed=1), RATE))
    engine = stems.load("htdemucs", stems.Options(models=models, threads=1))

    def stop(fraction: float) -> None:
        raise Killed

    kept = tmp_path / "kept"
    with pytest.raises(Killed):
        separate_file(tmp_path / "other.wav", tmp_path / "a", engine, report=stop, checkpoint=kept)
    separate_file(tmp_path / "mix.wav", tmp_path / "a", engine, checkpoint=kept)
    separate_file(tmp_path / "mix.wav", tmp_path / "b", engine)
    for path in (tmp_path / "b").iterdir():
        assert path.read_bytes() == (tmp_path / "a" / path.name).read_bytes()


def test_the_command_says_what_it_did(models, tmp_path, capsys):
    io.write(tmp_path / "mix.wav", Clip(noise(0.8), RATE))
    options = ["--engine", "htdemucs", "--models", str(models), "--stems", "vocals,rest"]
    out = tmp_path / "out"
    assert main(["separate", str(tmp_path / "mix.wav"), str(out), *options, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert list(answer["stems"]) == ["vocals", "rest"]
    assert answer["seconds"] > 0 and answer["peak_memory_mb"] > 0
    assert len(answer["parameters"]["weights"]) == 64
    assert sorted(path.name for path in (out / "mix").iterdir()) == ["rest.flac", "vocals.flac"]
    assert main(["separate", str(tmp_path / "mix.wav"), str(out), "--stems", "tuba"]) == 2
    assert "makes no stem “tuba”" in capsys.readouterr().err


def test_the_command_writes_random_models(tmp_path, capsys):
    assert main(["random-model", str(tmp_path), "--small", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["model"] for line in lines] == ["htdemucs", "htdemucs_ft", "htdemucs_6s"]


@pytest.mark.slow
def test_killed_twenty_times_it_goes_on_and_is_the_same(models, tmp_path):
    """Each process gets a little further before it is killed for good (SIGKILL)."""
    io.write(tmp_path / "mix.wav", Clip(noise(30), RATE))
    command = [sys.executable, "-m", "audio", "separate", "--engine", "htdemucs"]
    command += ["--models", str(models), str(tmp_path / "mix.wav")]
    draw = random.Random(0)
    reached, kills = 0, 0
    state = tmp_path / "killed" / "mix" / ".unfinished" / "state.json"
    while kills < 20:
        child = subprocess.Popen([*command, str(tmp_path / "killed")], cwd=ROOT)
        wanted = reached + draw.randint(1, 3)
        while child.poll() is None and _batches(state) < wanted:
            time.sleep(0.005)
        assert child.poll() is None, "it was over too soon"
        child.send_signal(signal.SIGKILL)
        child.wait()
        kills += 1
        assert _batches(state) >= reached
        reached = _batches(state)
    subprocess.run([*command, str(tmp_path / "killed")], cwd=ROOT, check=True)
    subprocess.run([*command, str(tmp_path / "whole")], cwd=ROOT, check=True)
    for path in (tmp_path / "whole" / "mix").iterdir():
        assert path.read_bytes() == (tmp_path / "killed" / "mix" / path.name).read_bytes()


def _batches(state: Path) -> int:
    return json.loads(state.read_text())["batches"] if state.is_file() else 0


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_segment_that_nobody_wants_ends_at_its_next_layer(models, dtype):
    engine = stems.load("htdemucs", stems.Options(models=models, threads=1, dtype=dtype))
    segment = htdemucs.Segment(noise(0.5)[:, : engine._bag.length], 0, engine._bag.length)
    wanted = threading.Event()
    with ThreadPoolExecutor(1, initializer=stopping.listen_to, initargs=(wanted,)) as pool:
        assert pool.submit(engine._bag.separated, segment).result().shape[0] == 4
        wanted.set()
        with pytest.raises(stopping.Stopped):
            pool.submit(engine._bag.separated, segment).result()


def test_who_cancels_need_not_wait_for_a_batch(models, tmp_path, monkeypatch):
    io.write(tmp_path / "mix.wav", Clip(noise(2.65), RATE))
    engine = stems.load("htdemucs", stems.Options(models=models, threads=1))
    monkeypatch.setattr(htdemucs, "ALIVE", 0.0)

    def stop(fraction: float) -> None:
        raise Killed

    kept = tmp_path / "kept"
    with pytest.raises(Killed):
        separate_file(tmp_path / "mix.wav", tmp_path / "a", engine, report=stop, checkpoint=kept)
    assert not list(kept.glob("0*.npy")), "it ended within the first batch"
