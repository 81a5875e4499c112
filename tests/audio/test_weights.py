"""The catalogue of pretrained files: found, fetched, resumed, verified, refused, removed."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from audio import weights
from audio.download import TransferFailed, Wanted, download, part_of
from audio.weights import CATALOGUE, Weights, WeightsMissing

CONTENT = bytes(range(256)) * 4096  # 1 MiB
SHA256 = hashlib.sha256(CONTENT).hexdigest()
URL = "https://nowhere.invalid/toy.bin"

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


class Home(BaseHTTPRequestHandler):
    """Serves what its server holds; `cuts` times it hangs up after `patience` bytes."""

    def do_GET(self) -> None:
        server = self.server
        server.asked.append(self.headers.get("Range", ""))
        name = self.path.rpartition("/")[2]
        if name == "elsewhere":
            self.send_response(302)
            self.send_header("Location", server.elsewhere)
            self.end_headers()
        elif name not in server.files:
            self.send_error(404, "Not Found")
        else:
            self._send(server.files[name])

    def _send(self, content: bytes) -> None:
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1]) if self.server.ranges else 0
        if start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        rest = content[start:]
        if self.server.cuts:
            self.server.cuts -= 1
            rest = rest[: self.server.patience]
        self.wfile.write(rest)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    home = ThreadingHTTPServer(("127.0.0.1", 0), Home)
    home.files, home.asked = {"toy.bin": CONTENT}, []
    home.cuts, home.patience, home.ranges, home.elsewhere = 0, 300_000, True, URL
    home.address = f"http://127.0.0.1:{home.server_address[1]}"
    thread = Thread(target=home.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield home
    home.shutdown()
    thread.join()
    home.server_close()


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch) -> Path:
    """An empty store, no mirror, and the toy in the catalogue."""
    monkeypatch.setenv("AUDIOPHILE_WEIGHTS", str(tmp_path / "store"))
    monkeypatch.delenv("AUDIOPHILE_MODEL_MIRROR", raising=False)
    monkeypatch.setenv("AUDIOPHILE_FETCH", "0")
    monkeypatch.setitem(CATALOGUE, "toy", TOY)
    monkeypatch.setattr(weights, "_failures", {})
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
    assert "404" in weights.missing("toy")
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
    assert "models fetch toy" in weights.missing("toy") and not mirror.asked
    assert weights.fetch("toy").is_file()


def test_what_is_fetched_when_needed_is_not_missing(mirror, monkeypatch):
    assert weights.missing("toy") == ""
    monkeypatch.setenv("AUDIOPHILE_FETCH", "0")
    assert "AUDIOPHILE_FETCH=0" in weights.missing("toy")
    for asking in (weights.ensure, weights.fetch):
        with pytest.raises(WeightsMissing, match="AUDIOPHILE_FETCH=0"):
            asking("toy")
    assert not mirror.asked


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/toy.bin", "file:///etc/hostname", "toy.bin"])
def test_only_https_is_fetched(url, tmp_path):
    with pytest.raises(TransferFailed, match="https"):
        download(Wanted(url), tmp_path / "toy.bin")


def test_a_mirror_may_not_lead_out_of_the_web(server, tmp_path):
    server.elsewhere = "ftp://127.0.0.1/toy.bin"
    with pytest.raises(TransferFailed):
        download(Wanted(f"{server.address}/elsewhere", trusted=True), tmp_path / "toy.bin")
    server.elsewhere = f"{server.address}/toy.bin"
    wanted = Wanted(f"{server.address}/elsewhere", SHA256, trusted=True)
    assert download(wanted, tmp_path / "toy.bin") == SHA256


def test_two_who_fetch_at_once_fetch_once(mirror):
    paths: list[Path] = []
    both = [Thread(target=lambda: paths.append(weights.fetch("toy"))) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(paths) == 2 and len(mirror.asked) == 1
