"""The forest's training: deterministic, scored by artist, and the artefact agrees with it."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier

from audio.features import FEATURES, level_free
from audio.genre import GenreForest, tempered
from training import __main__ as command
from training import forest, scores, table


def _write_table(path: Path, rows: int = 120) -> Path:
    """Three made-up genres, thirty artists, some without a name."""
    random = np.random.default_rng(0)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["song", "artist", "label", *FEATURES])
        for number in range(rows):
            genre = number % 3
            values = random.normal(genre, 1.5, len(FEATURES)) * 1000
            values[FEATURES.index("rms_mean")] = random.uniform(0.05, 0.3)
            artist = "" if number < 5 else f"artist {genre} {number % 10}"
            writer.writerow([f"song {number}", artist, "abc"[genre], *values])
    return path


@pytest.fixture(scope="module")
def songs(tmp_path_factory) -> table.Table:
    return table.read(_write_table(tmp_path_factory.mktemp("table") / "songs.csv"))


@pytest.fixture(scope="module")
def trained(songs, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("artefacts")
    forest.train(songs, folder)
    return folder


def test_the_artefact_agrees_with_the_forest_it_came_from(songs, trained):
    rows = level_free(songs.features).astype(np.float32)
    fitted = ExtraTreesClassifier(random_state=forest.SEED, **forest.TREES).fit(rows, songs.labels)
    model = GenreForest(trained)
    expected = tempered(fitted.predict_proba(rows), model.particulars["temperature"])
    np.testing.assert_allclose(model.classify(songs.features), expected, atol=1e-5)


def test_the_same_table_gives_the_same_bytes(songs, trained, tmp_path):
    forest.train(songs, tmp_path)
    for name in ("genre_forest.onnx", "genre_forest.json"):
        assert (tmp_path / name).read_bytes() == (trained / name).read_bytes()


def test_the_particulars_say_what_it_was_made_from(songs, trained):
    particulars = json.loads((trained / "genre_forest.json").read_text())
    assert particulars["labels"] == ["a", "b", "c"]
    assert particulars["features"] == list(FEATURES)
    assert particulars["table_sha256"] == songs.sha256
    assert set(particulars["by_artist"]) == {
        "accuracy", "low", "high", "calibration_error", "log_loss",
    }  # fmt: skip


def test_songs_without_an_artist_stand_alone(songs):
    assert len(set(songs.artists[:5])) == 5
    assert len(set(songs.artists)) < len(songs.songs)


def test_the_commands_print_json(tmp_path, capsys):
    path = str(_write_table(tmp_path / "songs.csv", 60))
    assert command.main(["forest", "--table", path, "--out", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out)["songs"] == 60
    assert command.main(["evaluate", "--table", path, "--model", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out)["accuracy"] > 0.9


@pytest.mark.parametrize("content", ["", "song,artist,label\n1,2,3\n"])
def test_a_table_that_cannot_be_used_is_refused(tmp_path, capsys, content):
    (tmp_path / "bad.csv").write_text(content)
    assert command.main(["evaluate", "--table", str(tmp_path / "bad.csv")]) == 2
    assert "columns" in capsys.readouterr().err


def test_numbers_that_are_none_are_refused(tmp_path):
    path = _write_table(tmp_path / "songs.csv", 3)
    path.write_text(path.read_text().rsplit(",", 1)[0] + ",nan\n")
    with pytest.raises(ValueError, match="finite"):
        table.read(path)


def test_perfect_confidence_has_no_calibration_error():
    certain = np.eye(2)[[0, 1, 0, 1]]
    assert scores.calibration_error(certain, np.ones(4, bool)) == 0
    assert scores.calibration_error(certain, np.zeros(4, bool)) == 1
    assert scores.calibration_error(np.full((4, 2), 0.5), np.array([1, 0, 1, 0], bool)) == 0


def test_songs_of_one_artist_make_the_interval_wider():
    hits = np.repeat([True, False], 50)
    together = scores.accuracy_interval(hits, np.repeat(["x", "y"], 50))
    alone = scores.accuracy_interval(hits, np.arange(100).astype(str))
    assert together[0] == alone[0] == 0.5
    assert together[2] - together[1] > alone[2] - alone[1]


@pytest.mark.slow
def test_the_shipped_forest_is_the_one_its_table_gives(shared, tmp_path):
    path = shared / "data/gtzan/features_30_sec.csv"
    forest.train(table.read(path), tmp_path)
    fresh, shipped = GenreForest(tmp_path), GenreForest()
    rows = table.read(path).features
    assert fresh.particulars == shipped.particulars
    np.testing.assert_allclose(fresh.classify(rows), shipped.classify(rows), atol=1e-6)
