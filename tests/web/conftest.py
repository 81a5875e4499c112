"""A running product and a real browser looking at it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from audio.compose import write_demo
from tests.web import chromium

PATIENCE = 40_000  # ms


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """Chromium as the system has it; without one these tests are skipped aloud."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = chromium.found()
    if path is None:
        pytest.skip("needs Chromium or Chrome (Debian: apt install chromium)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium.QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, server, tmp_path) -> Iterator:
    """A tab; what its console complains of fails the test. The last it showed is kept."""
    context = browser.new_context(base_url=server.url, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.screenshot(path=tmp_path / "last.png")
    context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def two_songs(tmp_path_factory) -> list[Path]:
    """Two real songs, or composed ones where the real ones are missing."""
    shared = Path(__file__).resolve().parents[3] / "shared" / "data" / "music"
    real = sorted(shared.glob("*.ogg"), key=lambda path: path.stat().st_size)[:2]
    if len(real) == 2:
        return real
    return write_demo(tmp_path_factory.mktemp("composed"))[:2]


def wait_for_elements(page, *names: str) -> None:
    """Until the page's scripts have run; before, its forms work the plain way."""
    for name in names:
        page.wait_for_function(f"!!customElements.get('{name}')")


@pytest.fixture
def mine(client, owner):
    """The owner's browser, as far as Django's test client is one."""
    client.force_login(owner)
    return client


@pytest.fixture
def theirs(stranger):
    """A stranger's."""
    client = Client()
    client.force_login(stranger)
    return client
