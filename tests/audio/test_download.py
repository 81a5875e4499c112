"""Fetching one file: what a source may do, and what it may not."""

import pytest

from audio.download import TransferFailed, Wanted, download, part_of
from tests.audio.home import CONTENT, SHA256


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


def test_a_mirror_that_lies_and_hangs_up_spoils_nothing_for_home(server, tmp_path):
    server.files["toy.bin"] = CONTENT[::-1]
    server.cuts, server.patience = 4, 10_000
    wanted = Wanted(f"{server.address}/toy.bin", SHA256, len(CONTENT), trusted=True)
    with pytest.raises(TransferFailed, match="cut"):
        download(wanted, tmp_path / "toy.bin")
    assert part_of(tmp_path / "toy.bin").stat().st_size == 40_000
    server.files["toy.bin"] = CONTENT
    assert download(wanted, tmp_path / "toy.bin") == SHA256
    assert server.asked[-2:] == ["bytes=40000-", ""]


def test_a_source_that_lies_is_asked_for_all_of_it_only_once_more(server, tmp_path):
    part_of(tmp_path / "toy.bin").write_bytes(b"old")
    server.files["toy.bin"] = CONTENT[::-1]
    wanted = Wanted(f"{server.address}/toy.bin", SHA256, len(CONTENT), trusted=True)
    with pytest.raises(TransferFailed, match="another file"):
        download(wanted, tmp_path / "toy.bin")
    assert server.asked == ["bytes=3-", ""]
    assert not part_of(tmp_path / "toy.bin").exists()
