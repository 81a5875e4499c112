"""The main job as a newcomer does it, in a real browser against the real product."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

LOUDNESS = """async (address) => {
  const context = new OfflineAudioContext(1, 1, 44100);
  const bytes = await (await fetch(address)).arrayBuffer();
  const buffer = await context.decodeAudioData(bytes);
  const samples = buffer.getChannelData(0);
  return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
}"""
STEMS = """async () => (await customElements.whenDefined("stem-mixer"),
  document.querySelector("stem-mixer").player.lanes.map((lane) => {
    const samples = lane.get(0).getChannelData(0);
    return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
  }))"""
LOADED = "document.querySelector('stem-mixer').player?.lanes.every((lane) => lane.get(0))"
HEARD = "document.querySelector('player-bar audio').currentTime"


def test_a_song_goes_in_and_comes_out_tagged_unmixed_and_remixed(page, server, two_songs):
    sign_in(page, server.link)
    upload(page, two_songs)
    see_genre_and_listen(page)
    unmix(page)
    remix(page)
    see_the_jobs(page)
    sign_out(page)


def sign_in(page, link: str) -> None:
    page.goto(link)
    page.get_by_label("New password", exact=False).first.fill("correct horse battery")
    page.get_by_label("confirmation", exact=False).fill("correct horse battery")
    page.get_by_role("button", name="Set password and sign in").click()
    page.get_by_role("heading", name="Your songs go here").wait_for()


def upload(page, songs: list[Path]) -> None:
    page.wait_for_function(
        "!!customElements.get('add-songs') && !!customElements.get('upload-tray')"
    )
    page.locator("input[type=file]").first.set_input_files(songs)
    rows = page.locator("tr.song")
    rows.nth(1).wait_for()
    page.wait_for_function(
        "document.querySelectorAll('.cell-genre .genre, .cell-genre *').length >= 2"
    )
    assert rows.count() == len(songs)


def see_genre_and_listen(page) -> None:
    page.locator("tr.song .cell-title a").first.click()
    page.locator("h1").wait_for()
    assert re.search(r"\d+ BPM", page.locator("#page").inner_text())
    assert re.search(r"\d+\s*%", page.locator("#page").inner_text()), "the genre's confidence"
    page.locator("#page play-button button").first.click()
    page.wait_for_function(f"{HEARD} > 0.3")
    box = page.locator("wave-form").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    page.wait_for_function(f"{HEARD} > 10")
    source = page.evaluate("document.querySelector('player-bar audio').src")
    assert page.evaluate(LOUDNESS, source) > 0.005


def unmix(page) -> None:
    page.get_by_role("button", name="Unmix").click()
    page.locator("stem-mixer").wait_for()
    page.locator("stem-mixer").scroll_into_view_if_needed()
    page.wait_for_function(LOADED)
    assert all(loudness > 0.001 for loudness in page.evaluate(STEMS))
    page.get_by_role("button", name="Play the stems").click()
    page.wait_for_function("document.querySelector('stem-mixer').player.position > 0.5")
    assert page.evaluate("document.querySelector('player-bar audio').paused"), "one at a time"
    page.locator(".stem [data-solo]").first.click()
    assert page.locator(".stem[data-silent]").count() == 2
    with page.expect_download() as started:
        page.get_by_label("Download drums").click()
    assert started.value.path().stat().st_size > 50_000


def remix(page) -> None:
    page.get_by_role("link", name="Library").first.click()
    page.get_by_role("heading", name="Library").wait_for()
    for box in page.locator("tr.song input[type=checkbox]").all():
        box.check(force=True)
    page.locator("#bulk").get_by_role("button", name="Remix").click()
    page.get_by_role("heading", name="New remix").wait_for()
    page.locator("form.remix-form").get_by_role("button", name="Remix").click()
    page.locator("remix-timeline").wait_for()
    assert page.locator(".legend li").count() == 2, "both songs are heard, and named"
    source = page.get_by_role("link", name="Download").get_attribute("href")
    assert page.evaluate(LOUDNESS, source.split("?")[0]) > 0.005
    page.locator("#remix-state play-button button").first.click()
    page.wait_for_function(f"{HEARD} > 0.3 && {HEARD} < 10")
    with page.expect_download() as started:
        page.get_by_role("link", name="Download").click()
    assert started.value.path().stat().st_size > 100_000


def see_the_jobs(page) -> None:
    before = page.evaluate(HEARD)
    page.get_by_role("link", name="Jobs").first.click()
    page.get_by_role("heading", name="Jobs").wait_for()
    assert page.locator(".job[data-state=done]").count() == 7
    page.wait_for_function(f"{HEARD} > {before + 0.2}"), "music plays on across pages"


def sign_out(page) -> None:
    page.locator(".person summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    assert page.goto("/").url.endswith("signin?next=/")
