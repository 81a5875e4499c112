"""What models hear, as hands use it: lanes to press, a clip to try, figures to look at."""

import numpy as np
import pytest

from audio import io
from audio.clip import Clip
from tests.web.conftest import wait_for_elements

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HEARD = "document.querySelector('player-bar audio').currentTime"
SEEN = "document.querySelector('wave-form').seen"


@pytest.fixture(scope="module")
def cookie(server) -> str:
    script = "from tests.web.heard import open_library; print(open_library(1))"
    return server.manage("shell", "--no-imports", "-c", script).splitlines()[-1]


@pytest.fixture
def mine(page, server, cookie):
    """A tab, signed in."""
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": server.url}])
    return page


def open_song(page) -> None:
    page.goto("/")
    page.locator(".cell-title a").first.click()
    wait_for_elements(page, "prediction-lanes", "wave-form", "player-bar")
    page.locator("[data-zoom='2']:enabled").wait_for()


def test_a_press_on_a_lane_plays_the_window_under_it(mine):
    open_song(mine)
    mine.get_by_role("button", name="Genre, 0:10 to 0:20: unsure").click()
    mine.wait_for_function(f"{HEARD} > 10 && {HEARD} < 20")
    assert mine.locator(".lane-now:visible").count() == mine.locator(".lane").count()
    mine.get_by_role("button", name="Words, 0:04 to 0:05").click()
    mine.wait_for_function(f"{HEARD} >= 4 && {HEARD} < 8")
    joined = mine.get_by_role("button", name="Key, 0:00 to 0:20: A minor")
    joined.click(position={"x": joined.bounding_box()["width"] * 0.75, "y": 8})
    mine.wait_for_function(f"{HEARD} >= 10 && {HEARD} < 14")


def test_lanes_go_along_with_the_waveform_and_the_keyboard(mine):
    open_song(mine)
    first = mine.get_by_role("button", name="Genre, 0:00 to 0:10: jazz")
    whole = first.bounding_box()["width"]
    wave = mine.locator("wave-form").bounding_box()
    assert abs(whole - wave["width"] / 2) < 2, "aligned with the waveform"
    for _ in range(3):  # 20 s become 2.5
        mine.get_by_role("button", name="Look closer").click()
    first.focus()
    mine.keyboard.press("ArrowRight")
    mine.wait_for_function(f"{SEEN}.start <= 10 && {SEEN}.stop > 10")
    assert "unsure" in mine.evaluate("document.activeElement.getAttribute('aria-label')")
    mine.keyboard.press("Enter")
    mine.wait_for_function(f"{HEARD} >= 10 && {HEARD} < 14")
    mine.get_by_role("button", name="Whole song").click()
    assert abs(first.bounding_box()["width"] - whole) < 2


def test_a_clip_is_tried_told_and_played_without_being_kept(mine, tmp_path):
    t = np.arange(22_050 * 4) / 22_050
    chord = sum(np.sin(2 * np.pi * 220 * ratio * t) for ratio in (1.0, 1.25, 1.5)) / 8
    beat = np.random.default_rng(1).standard_normal(len(t)) * np.exp(-30 * (t % 0.5)) / 4
    path = tmp_path / "clip.wav"
    io.write(path, Clip((chord + beat)[None].astype(np.float32), 22_050))
    mine.goto("/try/")
    wait_for_elements(mine, "clip-trial", "prediction-lanes")
    mine.locator("[data-chosen]").set_input_files(path)
    mine.locator("[data-label]").wait_for()
    assert mine.locator(".lane").count() >= 2
    assert mine.locator(".bars tr").count() == 10
    mine.locator("#trial play-button button").click()
    mine.wait_for_function(f"{HEARD} > 0.2")
    assert mine.evaluate("document.querySelector('player-bar audio').src").startswith("blob:")
    mine.locator("#trial wave-form canvas").wait_for()
    mine.get_by_role("link", name="Library").first.click()
    mine.locator("tr.song").first.wait_for()
    assert mine.locator("tr.song").count() == 1, "it is in no library"


def test_the_honest_figure_is_seen_first_and_beside_the_leaky_one(mine):
    mine.goto("/models/")
    card = mine.locator(".card[data-model='genre-forest']")
    honest, leaky = card.locator("[data-honest]"), card.locator("[data-leaky]")
    assert int(honest.inner_text().strip(" %")) < int(leaky.inner_text().strip(" %"))
    assert honest.bounding_box()["x"] < leaky.bounding_box()["x"]
    assert honest.bounding_box()["y"] == pytest.approx(leaky.bounding_box()["y"], abs=40)
