"""The catalogue of pretrained files: found, fetched, resumed, verified, refused, removed."""

import json
import os
from dataclasses import replace
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from audio import download as downloading
from audio import weights
from audio.download import part_of
from audio.weights import CATALOGUE, Weights, WeightsMissing
from tests.audio.home import CONTENT, SHA256, URL

TOY = Weights(
    name="toy",
    title="A toy",
    file="toy.bin",
    urls=(URL,),
    sha256=SHA256,
    size=len(CONTENT),
    licence="none",
    certainty="ours",
    used_by=(),
    policy="when needed",
    source="",
    score="",
    speed="",
)


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch) -> Path:
    """An empty store, no mirror, and the toy in the catalogue."""
    monkeypatch.setenv("AUDIOPHILE_WEIGHTS", str(tmp_path / "store"))
    monkeypatch.delenv("AUDIOPHILE_MODEL_MIRROR", raising=False)
    monkeypatch.setenv("AUDIOPHILE_FETCH", "0")
    monkeypatch.setitem(CATALOGUE, "toy", TOY)
    monkeypatch.setattr(weights, "_failures", {})
    monkeypatch.setattr(weights, "_misses", {})
    monkeypatch.setattr(downloading, "TICK", 0.01)
    return tmp_path / "store"


@pytest.fixture
def mirror(server, monkeypatch) -> ThreadingHTTPServer:
    """The server as the mirror, and fetching allowed."""
    monkeypatch.setenv("AUDIOPHILE_MODEL_MIRROR", server.address)
    monkeypatch.setenv("AUDIOPHILE_FETCH", "1")
    return server


def test_every_entry_says_what_people_ask():
    for name, entry in CATALOGUE.items():
        assert name == entry.name and entry.urls and entry.licence and entry.certainty
        assert all(url.startswith("https://") for url in entry.urls)
        assert entry.sha256 is None or len(entry.sha256) == 64
    assert CATALOGUE["convnet"].policy == "when asked"


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="convnet"):
        weights.find("nothing")


def test_a_mirror_address_is_asked_first_and_the_file_verified(mirror, store):
    heard = []
    path = weights.fetch("toy", heard.append)
    assert path == store / "toy.bin" and path.read_bytes() == CONTENT
    assert heard == sorted(heard) and heard[-1] == 1.0 and len(heard) > 2
    assert not part_of(path).exists()
    assert weights.fetch("toy") == path and len(mirror.asked) == 1


def test_a_cut_connection_is_taken_up_where_it_ended(mirror):
    mirror.cuts = 2
    assert weights.ensure("toy").read_bytes() == CONTENT
    assert mirror.asked == ["", "bytes=300000-", "bytes=600000-"]


def test_a_connection_that_is_always_cut_fails_and_goes_on_next_time(mirror, store):
    mirror.cuts, mirror.patience = 4, 1000
    with pytest.raises(WeightsMissing, match="the connection was cut"):
        weights.fetch("toy")
    assert part_of(store / "toy.bin").stat().st_size == 4000
    assert weights.fetch("toy").read_bytes() == CONTENT
    assert mirror.asked[-1] == "bytes=4000-"


def test_a_server_that_knows_no_ranges_is_asked_for_all(mirror, store):
    store.mkdir()
    part_of(store / "toy.bin").write_bytes(b"old" * 1000)
    mirror.ranges = False
    assert weights.fetch("toy").read_bytes() == CONTENT


def test_a_part_that_is_too_long_is_thrown_away(mirror, store):
    store.mkdir()
    part_of(store / "toy.bin").write_bytes(CONTENT + b"more")
    assert weights.fetch("toy").read_bytes() == CONTENT


def test_another_file_is_not_accepted(mirror, store):
    mirror.files["toy.bin"] = CONTENT[::-1]
    with pytest.raises(WeightsMissing, match="another file"):
        weights.fetch("toy")
    assert weights.find("toy") is None
    assert not (store / "toy.bin").exists() and not part_of(store / "toy.bin").exists()


def test_a_file_of_another_size_is_not_even_taken(mirror, store):
    mirror.files["toy.bin"] = CONTENT + b"more"
    with pytest.raises(WeightsMissing, match="bytes, not"):
        weights.fetch("toy")
    assert not part_of(store / "toy.bin").exists()


def test_a_failure_names_the_file_the_address_and_the_way_out(mirror, store):
    mirror.files.clear()
    with pytest.raises(WeightsMissing) as failure:
        weights.fetch("toy")
    for said in ("toy.bin", URL, mirror.address, "404", "models fetch toy", str(store)):
        assert said in str(failure.value)


def test_a_failed_fetch_is_not_repeated_at_once(mirror):
    mirror.files.clear()
    for _ in range(3):
        with pytest.raises(WeightsMissing, match="404"):
            weights.ensure("toy")
    assert len(mirror.asked) == 1
    assert weights.missing("toy").startswith("Its pretrained file could not be fetched")
    assert "404" in weights.way_out("toy")
    mirror.files["toy.bin"] = CONTENT
    assert weights.fetch("toy").is_file()  # a person asked
    assert weights.missing("toy") == ""


def test_cancelling_keeps_what_came(mirror, store):
    class Cancelled(Exception):
        pass

    def cancel(fraction: float) -> None:
        if fraction > 0.4:
            raise Cancelled

    with pytest.raises(Cancelled):
        weights.fetch("toy", cancel)
    kept = part_of(store / "toy.bin").stat().st_size
    assert 0 < kept < len(CONTENT)
    assert weights.fetch("toy").read_bytes() == CONTENT
    assert mirror.asked[-1] == f"bytes={kept}-"


def test_a_mirror_folder_is_searched_and_never_copied(tmp_path, store, monkeypatch):
    place = tmp_path / "mirror" / "deep" / "toy.bin"
    place.parent.mkdir(parents=True)
    place.write_bytes(CONTENT)
    monkeypatch.setenv("AUDIOPHILE_MODEL_MIRROR", str(tmp_path / "mirror"))
    assert weights.find("toy") == weights.ensure("toy") == weights.verify("toy") == place
    assert weights.missing("toy") == ""
    assert not weights.remove("toy") and place.is_file()
    assert not store.exists()


def test_a_mirror_is_not_searched_again_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOPHILE_MODEL_MIRROR", str(tmp_path / "mirror"))
    place = tmp_path / "mirror" / "toy.bin"
    assert weights.find("toy") is None
    place.parent.mkdir()
    place.write_bytes(CONTENT)
    assert weights.find("toy") is None
    monkeypatch.setattr(weights, "LOOK_AGAIN", 0.0)
    assert weights.find("toy") == place


def test_a_wrong_file_in_the_mirror_is_passed_by(tmp_path, monkeypatch):
    for name, content in (("a", b"wrong"), ("b", CONTENT)):
        (tmp_path / "mirror" / name).mkdir(parents=True)
        (tmp_path / "mirror" / name / "toy.bin").write_bytes(content)
    monkeypatch.setenv("AUDIOPHILE_MODEL_MIRROR", str(tmp_path / "mirror"))
    assert weights.find("toy") == tmp_path / "mirror" / "b" / "toy.bin"


def test_a_file_that_changes_is_verified_again(store):
    store.mkdir()
    path = store / "toy.bin"
    path.write_bytes(CONTENT)
    assert weights.find("toy") == path
    path.write_bytes(CONTENT[:-1] + b"?")
    os.utime(path, ns=(1, 1))
    assert weights.find("toy") is None
    with pytest.raises(WeightsMissing, match="checksum is wrong"):
        weights.verify("toy")


def test_an_unknown_checksum_is_recorded_at_the_first_fetch_and_held_to(
    mirror, store, monkeypatch
):
    monkeypatch.setitem(CATALOGUE, "toy", replace(TOY, sha256=None, size=None))
    path = weights.fetch("toy")
    assert json.loads((store / "toy.bin.json").read_text())["sha256"] == SHA256
    assert weights.verify("toy") == path
    assert weights.remove("toy") and not path.exists()
    mirror.files["toy.bin"] = CONTENT[::-1]
    with pytest.raises(WeightsMissing, match="another file"):
        weights.fetch("toy")


def test_nothing_is_resumed_without_a_checksum(mirror, store, monkeypatch):
    monkeypatch.setitem(CATALOGUE, "toy", replace(TOY, sha256=None, size=None))
    mirror.cuts = 1
    assert weights.fetch("toy").read_bytes() == CONTENT
    assert mirror.asked == ["", ""]


def test_what_a_person_must_ask_for_is_not_fetched_by_itself(mirror, monkeypatch):
    monkeypatch.setitem(CATALOGUE, "toy", replace(TOY, policy="when asked"))
    with pytest.raises(WeightsMissing, match="only when a person asks"):
        weights.ensure("toy")
    assert "models fetch toy" in weights.way_out("toy") and not mirror.asked
    assert weights.fetch("toy").is_file()
    assert weights.way_out("toy") == ""


def test_what_is_missing_is_said_to_everybody_without_paths_and_commands(store):
    said = weights.missing("toy")
    assert said == (
        "Its pretrained file is not on this machine; "
        "an administrator can fetch it on the Models page."
    )
    for word in (str(store), URL, "toy.bin", "models fetch toy", "AUDIOPHILE_FETCH=0"):
        assert word not in said and word in weights.way_out("toy")


def test_the_way_out_names_the_mirror_there_is(store, monkeypatch):
    assert "name a folder that holds it in AUDIOPHILE_MODEL_MIRROR" in weights.way_out("toy")
    monkeypatch.setenv("AUDIOPHILE_MODEL_MIRROR", "/mirror")
    assert "below the mirror folder /mirror" in weights.way_out("toy")
    monkeypatch.setenv("AUDIOPHILE_MODEL_MIRROR", "http://mirror.invalid/")
    assert "offer it at http://mirror.invalid/toy.bin" in weights.way_out("toy")


def test_unasked_nothing_comes_from_the_internet_where_that_is_forbidden(monkeypatch):
    assert weights.missing("toy")
    with pytest.raises(WeightsMissing, match="AUDIOPHILE_FETCH=0"):
        weights.ensure("toy")
    monkeypatch.setenv("AUDIOPHILE_FETCH", "1")
    assert weights.missing("toy") == ""


def test_the_mirror_is_asked_also_where_the_internet_is_forbidden(mirror, monkeypatch):
    monkeypatch.setenv("AUDIOPHILE_FETCH", "0")
    mirror.files.clear()
    assert weights.missing("toy") == ""
    with pytest.raises(WeightsMissing, match="404") as failure:
        weights.ensure("toy")
    assert f"{URL}:" not in str(failure.value)  # home was not asked
    with pytest.raises(WeightsMissing) as failure:
        weights.fetch("toy")
    assert f"{URL}:" in str(failure.value)  # now a person asked
    weights._failures.clear()
    mirror.files["toy.bin"] = CONTENT
    assert weights.ensure("toy").is_file()


def test_who_waits_is_told_and_can_cancel_while_nothing_comes(mirror, store):
    mirror.stalls = True
    reports: list[float] = []

    def wake(fraction: float) -> None:
        reports.append(fraction)
        if len(reports) > 20:
            mirror.awake.set()

    assert weights.fetch("toy", wake).read_bytes() == CONTENT
    assert reports.count(1000 / len(CONTENT)) > 10
    weights.remove("toy")
    mirror.awake.clear()

    def cancel(fraction: float) -> None:
        if fraction:
            raise KeyError("cancelled")

    with pytest.raises(KeyError):
        weights.fetch("toy", cancel)


def test_a_trickle_is_not_waited_for(mirror, monkeypatch):
    monkeypatch.setattr(downloading, "SPELL", 0.05)
    mirror.stalls = True
    with pytest.raises(WeightsMissing, match="bytes came in"):
        weights.fetch("toy")


def test_who_waits_for_another_to_fetch_can_cancel(mirror, store):
    def cancel(fraction: float) -> None:
        raise KeyError("cancelled")

    store.mkdir()
    with downloading._alone(store / "toy.bin", lambda fraction: None), pytest.raises(KeyError):
        weights.fetch("toy", cancel)
    assert not mirror.asked


def test_two_who_fetch_at_once_fetch_once(mirror):
    paths: list[Path] = []
    both = [Thread(target=lambda: paths.append(weights.fetch("toy"))) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(paths) == 2 and len(mirror.asked) == 1
