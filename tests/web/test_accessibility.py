"""What axe says of every page, light and dark, wide and narrow, at rest and with things open."""

from pathlib import Path

import pytest

from tests.web.conftest import wait_for_elements
from tests.web.heard import TRIED

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = [
    (1280, "light"),
    (390, "dark"),
    pytest.param((1280, "dark"), marks=pytest.mark.slow),
    pytest.param((390, "light"), marks=pytest.mark.slow),
]
TOASTS = """async () => {
  const { toast } = await import("/static/js/elements/toast-list.js");
  toast("Done.");
  toast("Failed.", "error", { text: "Show", page: "/" });
}"""
PAGES = [
    "/?q=nothing-like-it", "/?genre=jazz&order=title", "/remixes/", "/remixes/new/", "/jobs/",
    "/settings/", "/settings/people/", "/settings/storage/", "/drift/", "/try/", f"/try/{TRIED}/",
]  # fmt: skip


@pytest.fixture(scope="module")
def cookie(server) -> str:
    if not AXE.exists():
        pytest.skip(f"needs axe-core in {AXE.parent}: npm ci")
    script = "from tests.web.heard import open_library; print(open_library(12))"
    return server.manage("shell", "--no-imports", "-c", script).splitlines()[-1]


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def look(page, request, server, cookie):
    """A tab of some size and colours, signed in."""
    width, scheme = request.param
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": server.url}])
    return page


def complaints(page) -> list[str]:
    """What axe finds, each with where and what to do."""
    page.evaluate(AXE.read_text())
    wish = {"runOnly": RULES}
    found = page.evaluate("async (wish) => (await axe.run(document, wish)).violations", wish)
    return [
        f"{page.url}: {rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def test_pages_at_rest(look):
    found = []
    for path in PAGES:
        look.goto(path)
        found += complaints(look)
    assert found == []


def test_the_library_with_things_chosen_open_and_playing(look):
    look.goto("/")
    wait_for_elements(look, "song-list", "player-bar", "toast-list")
    look.locator("play-button button").first.click()
    look.locator("[name=ids]").first.check()
    look.locator(".confirm summary").click()
    look.evaluate(TOASTS)
    look.locator(".toast").nth(1).wait_for()
    found = complaints(look)
    look.keyboard.press("Escape")
    look.keyboard.press("?")
    look.get_by_role("dialog").wait_for()
    assert found + complaints(look) == []


def test_a_song_with_everything_unfolded(look):
    look.goto("/")
    look.locator(".cell-title a").first.click()
    look.get_by_role("button", name="Change the title").click()
    look.locator("summary", has_text="Where this comes from").click()
    look.locator("summary", has_text="Delete this song").click()
    look.locator("[data-zoom='2']:enabled").wait_for()
    look.locator(".lane-more summary").nth(1).click()
    assert complaints(look) == []


def test_the_models_with_every_figure_unfolded(look):
    look.goto("/models/")
    for fold in look.locator(".card[data-model='genre-forest'] summary").all():
        fold.click()
    assert complaints(look) == []
