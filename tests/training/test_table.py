"""Tables: what can be read, what is refused, and what is wrong with the songs in them."""

import csv

import numpy as np
import pytest

from training import integrity, table


def _without(path, *columns):
    rows = list(csv.DictReader(path.read_text().splitlines()))
    kept = [name for name in rows[0] if name not in columns]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, kept, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_songs_without_an_artist_stand_alone(songs):
    assert len(set(songs.artists[:5])) == 5
    assert len(set(songs.artists)) < len(songs.songs)


def test_song_and_artist_need_not_be_there(write_table, tmp_path):
    rows = table.read(_without(write_table(tmp_path / "songs.csv", 6), "song", "artist"))
    assert rows.songs[0] == "row 1"
    assert len(set(rows.artists)) == 6


def test_songs_called_alike_are_two(write_table, tmp_path):
    rows = table.read(write_table(tmp_path / "songs.csv", 6, song="same", artist=""))
    assert len(set(rows.artists)) == 6


@pytest.mark.parametrize("content", ["", "song,artist,label\n1,2,3\n"])
def test_a_table_without_its_columns_is_refused(tmp_path, content):
    (tmp_path / "bad.csv").write_text(content)
    with pytest.raises(ValueError, match="columns"):
        table.read(tmp_path / "bad.csv")


@pytest.mark.parametrize(("value", "why"), [("nan", "finite"), ("loud", "no number")])
def test_what_is_no_number_is_refused(write_table, tmp_path, value, why):
    path = write_table(tmp_path / "songs.csv", 3, mfcc1_mean=value)
    with pytest.raises(ValueError, match=why):
        table.read(path)


def test_embeddings_of_other_songs_are_refused(files, tmp_path):
    np.save(tmp_path / "few.npy", np.zeros((3, 160), np.float32))
    with pytest.raises(ValueError, match="90, 160"):
        table.read(files[0], tmp_path / "few.npy")


def test_what_is_written_is_read_again(songs, tmp_path):
    table.write(songs, tmp_path)
    again = table.read(tmp_path / "songs.csv", tmp_path / "convnet.npy")
    np.testing.assert_array_equal(again.features, songs.features)
    np.testing.assert_array_equal(again.embeddings, songs.embeddings)
    assert again.digests() == songs.digests()


def test_duplicates_conflicts_and_leakage_are_found(songs, quick):
    features, labels = songs.features.copy(), songs.labels.copy()
    features[10] = features[40]
    labels[10] = "b" if labels[40] == "a" else "a"
    spoilt = table.Table(songs.songs, features, labels, songs.artists, songs.sha256)
    found = integrity.check(spoilt, quick)
    assert found["duplicates"] == found["conflicting_labels"] == 1
    assert found["pairs"][0]["songs"] == ["song 10", "song 40"]
    shared = found["leakage"]
    assert shared["by_artist"]["songs_whose_artist_was_trained_on"] == 0
    assert shared["random_split_leaky"]["songs_whose_artist_was_trained_on"] > 0.5
