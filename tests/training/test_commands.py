"""`python -m training`: the commands, from songs to cards."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from audio import io
from audio.clip import Clip
from audio.genre_facts import NAMES, particulars
from training import __main__ as command
from training import evaluation, table, tracking

RATE = 22_050


@pytest.fixture(scope="session")
def params(quick, tmp_path_factory):
    path = tmp_path_factory.mktemp("settings") / "params.yaml"
    path.write_text(yaml.safe_dump(vars(quick)))
    return str(path)


def _run(capsys, *arguments) -> dict:
    assert command.main([str(argument) for argument in arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_from_a_table_to_the_cards(files, params, tmp_path, capsys):
    rows, embeddings = files
    given = ("--table", rows, "--embeddings", embeddings)
    prepared, heads, cards = (tmp_path / name for name in ("prepared", "heads", "cards"))
    checked = _run(capsys, "prepare", *given, "--out", prepared, "--params", params)
    assert checked["songs"] == 90
    assert (prepared / "songs.csv").read_bytes() == rows.read_bytes()
    scored = _run(
        capsys, "train", *given, "--out", heads, "--params", params,
        "--metrics", tmp_path / "metrics.json",
    )  # fmt: skip
    assert set(scored) == set(NAMES)
    assert json.loads((tmp_path / "metrics.json").read_text()) == scored
    _run(capsys, "card", "--model", heads, "--prepared", prepared, "--out", cards)
    honest = scored["genre-ensemble"]["by_artist"]["accuracy"]
    leaky = scored["genre-ensemble"]["random_split_leaky"]["accuracy"]
    text = (cards / "genre-ensemble.md").read_text()
    assert f"| by artist (honest) | {100 * honest:.1f} %" in text
    assert f"| at random (leaky) | {100 * leaky:.1f} %" in text
    assert "90 songs" in (cards / "data.md").read_text()


@pytest.mark.slow
def test_what_was_measured_stays_while_the_heads_do(files, params, tmp_path, capsys):
    heads, songs = tmp_path / "heads", tmp_path / "songs"
    train = ("train", "--table", files[0], "--out", heads, "--params", params)
    _run(capsys, *train)
    songs.mkdir()
    for number in range(3):
        io.write(songs / f"{number}.wav", _song(2.0, number, hiss=True))
    behave = ("behave", "--model", heads, "--every", 2, "--audio")
    measured = _run(capsys, *behave, songs)["genre-forest"]
    assert (measured["songs"], measured["taken"]) == (2, ["0.wav", "2.wav"])
    for again in (train, (*behave, tmp_path / "nowhere")):
        _run(capsys, *again)
        assert particulars("genre-forest", heads)["behaviour"]["taken"] == measured["taken"]
    other = tmp_path / "params.yaml"
    other.write_text(Path(params).read_text().replace("regression: 0.1", "regression: 1.0"))
    _run(capsys, *train[:-1], other)
    assert "behaviour" not in particulars("genre-forest", heads)
    assert _run(capsys, *behave, tmp_path / "nowhere") == {}


def test_evaluate_scores_every_head(files, trained, capsys):
    rows, embeddings = files
    found = _run(
        capsys, "evaluate", "--table", rows, "--embeddings", embeddings, "--model", trained
    )
    assert found["songs"] == found["seen_in_training"] == 90
    assert set(found["models"]) == set(NAMES)
    for figures in found["models"].values():
        assert {"accuracy", "low", "high", "ece", "log_loss", "n"} <= set(figures)
        assert figures["accuracy"] > 0.9


def test_without_embeddings_the_features_are_judged(files, trained, capsys):
    found = _run(capsys, "evaluate", "--table", files[0], "--model", trained)["models"]
    assert "--embeddings" in found["genre-convnet"]["missing"]
    assert found["genre-ensemble"]["heard"] == "features"
    assert found["genre-ensemble"]["accuracy"] == found["genre-forest"]["accuracy"]


def test_other_genres_are_left_out_and_new_songs_are_new(write_table, trained, tmp_path):
    rows = table.read(write_table(tmp_path / "songs.csv", 9, "bxc", rms_mean="0.1", artist=""))
    found = evaluation.evaluate(rows, trained)
    assert found["left_out"] == {"x": 3}
    assert found["songs"] == found["models"]["genre-forest"]["n"] == 6
    assert found["seen_in_training"] == 0


def test_evaluate_learns_nothing(files, trained, capsys):
    before = {path.name: path.read_bytes() for path in trained.iterdir()}
    for _ in range(2):
        _run(capsys, "evaluate", "--table", files[0], "--model", trained)
    assert {path.name: path.read_bytes() for path in trained.iterdir()} == before


@pytest.mark.parametrize(
    ("genres", "why"), [("xyz", "genre that is known"), (None, "No such file")]
)
def test_what_cannot_be_scored_is_said_in_a_sentence(write_table, tmp_path, capsys, genres, why):
    path = tmp_path / "songs.csv"
    if genres:
        write_table(path, 6, genres)
    assert command.main(["evaluate", "--table", str(path)]) == 2
    assert why in capsys.readouterr().err


def _song(seconds: float, number: int, *, hiss: bool) -> Clip:
    random = np.random.default_rng(number)
    t = np.arange(round(seconds * RATE)) / RATE
    tone = np.sin(2 * np.pi * (110 + 10 * number) * t) * np.exp(-4 * (t % 0.5))
    sound = random.standard_normal(len(t)) * 0.3 if hiss else tone
    return Clip((0.3 * sound).astype(np.float32)[None], RATE)


def test_a_folder_of_folders_becomes_heads(tmp_path, params, capsys, monkeypatch):
    monkeypatch.setenv("AUDIOPHILE_WEIGHTS", str(tmp_path / "none"))
    monkeypatch.delenv("AUDIOPHILE_MODEL_MIRROR", raising=False)
    dataset, out = tmp_path / "dataset", tmp_path / "heads"
    for genre in ("hiss", "tone"):
        (dataset / genre).mkdir(parents=True)
        for number in range(6):
            format = ("wav", "flac", "mp3")[number % 3]
            io.write(
                dataset / genre / f"{number}.{format}",
                _song(2.0, number, hiss=genre == "hiss"),
                format=format,
                tags={"artist": f"{genre} band {number % 3}"} if number else {},
            )
    (dataset / "tone" / "broken.wav").write_bytes(b"RIFF no sound")
    arguments = ["train", "--dataset", str(dataset), "--out", str(out), "--params", params]
    assert command.main(arguments) == 0
    told = capsys.readouterr()
    assert "Left out: tone/broken.wav" in told.err
    assert set(json.loads(told.out)) == {"genre-forest"}
    facts = particulars("genre-forest", out)
    assert facts["labels"] == ["hiss", "tone"]
    assert (facts["songs"], facts["artists"]) == (12, 8)
    model = evaluation.MODELS[0](out)
    assert model.labels[model.judge(_song(2.0, 50, hiss=True)).argmax()] == "hiss"


def test_runs_are_logged_only_where_somebody_listens(trained, quick, monkeypatch):
    facts = {"genre-forest": particulars("genre-forest", trained)}
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert not tracking.log(facts, quick)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///nowhere.db")
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(ImportError):
        tracking.log(facts, quick)


def test_a_run_holds_settings_and_both_scores(trained, quick, monkeypatch):
    logged: dict[str, dict] = {}

    class Run:
        def __enter__(self) -> "Run":
            return self

        def __exit__(self, *error: object) -> None:
            pass

    listener = SimpleNamespace(
        set_experiment=lambda name: None,
        start_run=lambda run_name: Run(),
        log_params=lambda params: logged.update(params=params),
        log_metrics=lambda figures: logged.update(figures=figures),
    )
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///somewhere.db")
    monkeypatch.setitem(sys.modules, "mlflow", listener)
    facts = particulars("genre-forest", trained)
    assert tracking.log({"genre-forest": facts}, quick)
    assert logged["figures"]["by_artist.accuracy"] == facts["by_artist"]["accuracy"]
    assert "random_split_leaky.accuracy" in logged["figures"]
    assert logged["params"]["seed"] == quick.seed
