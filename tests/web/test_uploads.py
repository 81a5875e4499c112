"""Adding songs in a real browser over a connection that breaks."""

import hashlib
from collections.abc import Iterator

import numpy as np
import pytest
import soundfile

from tests.line import SlowLine
from tests.server import ROOT, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(
        not (ROOT / "node_modules" / "tus-js-client").is_dir(), reason="needs tus-js-client"
    ),
]
PATIENCE = 40_000  # ms


@pytest.fixture(scope="module")
def big_song(tmp_path_factory):
    """Large enough that it is some seconds on its way."""
    path = tmp_path_factory.mktemp("songs") / "Big.wav"
    noise = np.random.default_rng(7).uniform(-0.2, 0.2, (44_100 * 160, 2))
    soundfile.write(path, noise, 44_100)
    return path


@pytest.fixture(scope="module")
def line(server) -> Iterator[SlowLine]:
    line = SlowLine(server.port)
    yield line
    line.close()


@pytest.fixture(scope="module")
def context(browser, server, line) -> Iterator:
    """A browser that is signed in, at the other end of a slow line."""
    context = browser.new_context(base_url=line.url)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(server.link.replace(server.url, line.url))
    page.get_by_label("New password", exact=False).first.fill("correct horse battery")
    page.get_by_label("confirmation", exact=False).fill("correct horse battery")
    page.get_by_role("button", name="Set password and sign in").click()
    page.get_by_role("heading", name="Your songs go here").wait_for()
    yield context
    context.close()


@pytest.fixture
def page(context) -> Iterator:
    """The library. What its console says of a cut line is no complaint."""
    page = context.new_page()
    page.goto("/")
    yield page
    page.close()


def add(page, path) -> None:
    page.wait_for_function(
        "!!customElements.get('add-songs') && !!customElements.get('upload-tray') && !!window.tus"
    )
    page.locator("input[type=file]").first.set_input_files(path)


def sent(page) -> float:
    return page.evaluate("document.querySelector('.tray progress')?.value ?? 0")


def is_further(page, than: float) -> None:
    page.wait_for_function(f"document.querySelector('.tray progress')?.value > {than}")


def test_an_upload_survives_a_pause_two_cuts_and_a_reload(page, context, server, line, big_song):
    add(page, big_song)
    is_further(page, 0.05)
    page.get_by_role("button", name="Pause the upload of Big.wav").click()
    page.get_by_text("Paused").wait_for()
    at = sent(page)
    page.get_by_role("button", name="Resume the upload of Big.wav").click()
    is_further(page, at + 0.05)
    page.locator("[data-left]:has-text(' left')").wait_for()

    line.cut()
    line.mend()
    is_further(page, at + 0.15)

    context.set_offline(True)
    line.cut()
    page.get_by_text("The connection broke.", exact=False).wait_for()
    line.mend()
    context.set_offline(False)
    is_further(page, at + 0.25)

    at = sent(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    add(page, big_song)
    page.wait_for_function("document.querySelector('.tray progress')?.value > 0")
    assert sent(page) > at / 2, "what lay in the buffers is lost, what the server had is not"
    page.locator("tr.song").first.wait_for()
    (file,) = server.api().get("/files").json()["results"]
    assert file["sha256"] == hashlib.sha256(big_song.read_bytes()).hexdigest()


def test_what_becomes_of_several_files_is_told(page, tmp_path, big_song):
    letter = tmp_path / "letter.mp3"
    letter.write_text("this is a letter, not a song\n" * 50)
    small = tmp_path / "Small.wav"
    soundfile.write(small, np.random.default_rng(9).uniform(-0.2, 0.2, 44_100), 44_100)
    add(page, [big_song, letter, small])
    page.get_by_text("It is in your library already.").wait_for()
    refused = page.locator(".tray li[data-state=failed]")
    refused.wait_for()
    assert "letter.mp3" in refused.inner_text() and "audio" in refused.inner_text()
    page.get_by_text("2 of 3 added").wait_for()
    page.locator("tr.song", has_text="Small").wait_for()


def test_cancelling_leaves_nothing_on_the_server(page, server, tmp_path):
    other = tmp_path / "Other.wav"
    soundfile.write(other, np.random.default_rng(8).uniform(-0.2, 0.2, (44_100 * 60, 2)), 44_100)
    add(page, other)
    is_further(page, 0.1)
    page.get_by_role("button", name="Cancel the upload of Other.wav").click()
    wait_for(lambda: not list((server.data / "scratch").glob("tus-*")), 10)
    assert page.locator(".tray li").count() == 0
