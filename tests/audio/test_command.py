"""The command line: answers on standard output, one sentence on standard error, exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from audio import io
from audio.__main__ import main
from audio.clip import Clip
from audio.compose import DEMO


@pytest.fixture
def music(tmp_path, song) -> Path:
    """A folder with a song, and one more in a folder inside."""
    folder = tmp_path / "music"
    (folder / "b").mkdir(parents=True)
    clip = Clip(song.mix.samples[:, 44_100 * 4 : 44_100 * 14], 44_100)
    io.write(folder / "a.flac", clip, tags={"title": "A"})
    io.write(folder / "b" / "c.mp3", clip)
    (folder / "notes.txt").write_text("no music")
    return folder


def answers(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_probe_says_what_a_file_is(music, capsys):
    assert main(["probe", "--json", str(music / "a.flac"), str(music / "b" / "c.mp3")]) == 0
    first, second = answers(capsys)
    assert (first["codec"], first["title"], second["codec"]) == ("flac", "A", "mp3")
    assert main(["probe", str(music / "a.flac")]) == 0
    assert "flac, 0:10, 44100 Hz, 2 channels, “A”" in capsys.readouterr().out


def test_bad_input_is_one_sentence_and_exit_code_2(tmp_path, capsys):
    (tmp_path / "empty.mp3").write_bytes(b"")
    (tmp_path / "text.mp3").write_text("hello " * 1000)
    for command in ("probe", "predict", "beats"):
        for name in ("empty.mp3", "text.mp3", "missing.mp3", "."):
            assert main([command, str(tmp_path / name)]) == 2
            captured = capsys.readouterr()
            assert captured.out == ""
            assert captured.err.count("\n") == 1
            assert captured.err.endswith(".\n")


def test_the_others_are_still_done(music, tmp_path, capsys):
    assert main(["probe", "--json", str(tmp_path / "missing.mp3"), str(music / "a.flac")]) == 2
    assert [answer["title"] for answer in answers(capsys)] == ["A"]


def test_separate_keeps_relative_paths(music, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["separate", str(music), str(out), "--json"]) == 0
    assert len(answers(capsys)) == 2
    made = sorted(str(path.relative_to(out)) for path in out.rglob("*.*"))
    assert made == [
        "a/bass.flac", "a/drums.flac", "a/other.flac",
        "b/c/bass.flac", "b/c/drums.flac", "b/c/other.flac",
    ]  # fmt: skip


@pytest.mark.parametrize("option", [["--engine", "magic"], ["--format", "tape"]])
def test_separate_refuses_what_it_does_not_know(music, tmp_path, capsys, option):
    assert main(["separate", str(music / "a.flac"), str(tmp_path / "out"), *option]) == 2
    assert "There is no engine" in (err := capsys.readouterr().err) or "not a format" in err


def test_a_folder_without_music_is_refused(tmp_path, capsys):
    assert main(["separate", str(tmp_path), str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == "There is no audio file there.\n"


@pytest.mark.parametrize(
    "arguments", [[], ["dance"], ["probe"], ["remix", "a.mp3", "o.wav", "--jump-rate", "3"]]
)
def test_a_wrong_command_is_one_sentence(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_beats_and_segments(music, tmp_path, capsys):
    assert main(["beats", "--json", str(music / "a.flac")]) == 0
    (answer,) = answers(capsys)
    assert answer["bpm"] == pytest.approx(60 / np.median(np.diff(answer["beats"])), rel=0.05)
    assert set(answer["downbeats"]) <= set(answer["beats"])
    out = tmp_path / "beats"
    assert main(["segment", str(music), str(out), "--json"]) == 0
    counted = [answer["segments"] for answer in answers(capsys)]
    assert counted == [len(list((out / "a").iterdir())), len(list((out / "b" / "c").iterdir()))]
    assert counted[0] == len(answer["beats"])
    seconds = [io.probe(path).seconds for path in sorted((out / "a").iterdir())]
    assert sum(seconds[:-1]) == pytest.approx(answer["beats"][-1] - answer["beats"][0], abs=0.01)


@pytest.fixture
def quick(monkeypatch) -> None:
    """Models that need no download, and one that lacks something."""
    names = "genre.GenreForest,audio.beats.TempoModel,audio.key.KeyModel,audio.keywords.Keywords"
    monkeypatch.setenv("AUDIOPHILE_MODELS", f"audio.{names}")
    monkeypatch.setenv("AUDIOPHILE_UTTERANCES", "qwrtz")


def test_predict_says_of_each_model_the_whole_and_its_windows(song, tmp_path, capsys, quick):
    io.write(tmp_path / "a.flac", song.mix)
    assert main(["predict", "--json", str(tmp_path / "a.flac")]) == 0
    (answer,) = answers(capsys)
    assert set(answer) == {"file", "seconds", "models", "missing"}
    assert list(answer["missing"]) == ["keywords"]
    seconds = io.probe(tmp_path / "a.flac").seconds
    for model in answer["models"].values():
        assert set(model) == {
            "version", "label", "confidence", "value", "threshold", "probabilities", "windows",
        }  # fmt: skip
        assert model["windows"][0]["start"] == 0.0
        assert model["windows"][-1]["end"] == pytest.approx(seconds, abs=6)
        assert all(0 <= window["confidence"] <= 1 for window in model["windows"])
    genre, tempo, key = answer["models"].values()
    assert sum(genre["probabilities"].values()) == pytest.approx(1.0, abs=1e-3)
    assert key["label"] == "A minor"
    assert tempo["value"] == pytest.approx(120, rel=0.02)
    values = [window["value"] for window in tempo["windows"]]
    assert len(values) > 1
    assert values[0] == pytest.approx(120, rel=0.02) or values[0] is None


def test_predict_of_short_and_of_silent_files(tmp_path, capsys, quick):
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(15_000) / 22_050)
    io.write(tmp_path / "short.wav", Clip(tone[None].astype(np.float32), 22_050))
    io.write(tmp_path / "silent.wav", Clip(np.zeros((1, 100_000), np.float32), 22_050))
    assert main(["predict", "--json", str(tmp_path / "short.wav")]) == 0
    (answer,) = answers(capsys)
    assert set(answer["models"]) == {"genre-forest", "key"}
    assert main(["predict", "--json", str(tmp_path / "silent.wav")]) == 2
    assert capsys.readouterr().err == f"{tmp_path / 'silent.wav'}: The recording is silent.\n"


def test_remix_plays_the_songs_and_writes_its_recipe(music, tmp_path, capsys):
    songs = [str(music / "a.flac"), str(music / "b" / "c.mp3")]
    out, recipe = tmp_path / "made" / "remix.wav", tmp_path / "recipe.json"
    options = ["--beats", "12", "--seed", "3", "--recipe", str(recipe), "--json"]
    assert main(["remix", *songs, str(out), *options]) == 0
    (answer,) = answers(capsys)
    assert answer["recipe"] == json.loads(recipe.read_text())
    assert {segment["song"] for segment in answer["recipe"]["segments"]} <= set(songs)
    planned = sum(part["stop"] - part["start"] for part in answer["recipe"]["segments"])
    assert io.probe(out).seconds == pytest.approx(planned, abs=0.1)


def test_remix_refuses_what_it_cannot_do(music, tmp_path, capsys):
    song = str(music / "a.flac")
    assert main(["remix", song, str(tmp_path / "remix.tape")]) == 2
    assert main(["remix", song, str(tmp_path / "remix.wav"), "--beats", "0"]) == 2
    assert capsys.readouterr().err.count("\n") == 2


def test_compose_writes_tagged_songs(tmp_path, capsys):
    assert main(["compose", str(tmp_path / "demo"), "--json"]) == 0
    probes = [io.probe(Path(answer["file"])) for answer in answers(capsys)]
    assert [probe.title for probe in probes] == [spec.title for spec in DEMO]
    assert {(probe.artist, probe.album) for probe in probes} == {("Audiophile", "Demo songs")}


def test_probing_loads_no_heavy_library():
    code = (
        "import sys, audio.__main__, audio.compose, audio.waveform;"
        "heavy = {'librosa', 'scipy', 'sklearn', 'onnxruntime', 'numba'};"
        "print(heavy & set(sys.modules))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True
    )
    assert done.stdout.strip() == "set()"
