"""The library and song pages of a long library, as hands use them: keys, mouse and player."""

import pytest

from tests.web.conftest import wait_for_elements

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SONGS = 130
HEARD = "document.querySelector('player-bar audio').currentTime"
TOTAL = "document.querySelector('[data-total]').dataset.total"


@pytest.fixture(scope="module")
def cookie(server) -> str:
    script = f"from tests.web.shelf import open_library; print(open_library({SONGS}))"
    return server.manage("shell", "--no-imports", "-c", script).splitlines()[-1]


@pytest.fixture
def library(page, server, cookie):
    """A tab with the library, signed in."""
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": server.url}])
    page.goto("/")
    wait_for_elements(page, "song-list", "player-bar", "toast-list")
    return page


def focused(page) -> str:
    return page.evaluate("document.activeElement.textContent.trim()")


def wait_for_total(page, count: int) -> None:
    page.wait_for_function(f"{TOTAL} === '{count}'")


def test_it_narrows_down_while_one_types_and_keeps_the_place(library):
    page = library
    page.keyboard.press("/")
    page.keyboard.type("even")
    wait_for_total(page, SONGS // 2)
    assert page.evaluate("document.activeElement.id") == "q"
    page.check("input[name=genre][value=jazz]", force=True)
    page.wait_for_url("**/?q=even&genre=jazz")
    page.get_by_role("link", name="Title").click()
    page.wait_for_url("**order=title")
    assert page.input_value("#order") == "title"
    assert page.evaluate("document.activeElement.id") == "sort-title"
    page.get_by_role("link", name="No longer only “even”").click()
    page.wait_for_url("**/?genre=jazz&order=title")
    assert page.input_value("#q") == ""


def test_more_songs_come_as_one_scrolls(library):
    page = library
    for rows in (100, SONGS):
        page.locator("tr.song").last.scroll_into_view_if_needed()
        page.wait_for_function(f"document.querySelectorAll('tr.song').length === {rows}")
    assert page.evaluate(TOTAL) == str(SONGS), "loading is not adding"
    assert page.locator("tr.more").count() == 0


def test_keys_move_choose_play_and_open(library):
    page = library
    for key in ("j", "ArrowDown", "j", "k"):
        page.keyboard.press(key)
    assert focused(page) == "Song 1"
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    assert page.locator("[name=ids]:checked").count() == 3
    page.keyboard.press("Escape")
    assert page.locator("[name=ids]:checked").count() == 0
    page.keyboard.press("Space")
    page.wait_for_function(f"{HEARD} > 0.2")
    assert page.locator("player-bar [data-title]").inner_text() == "Song 3"
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Song 3").wait_for()
    assert page.evaluate(HEARD) > 0.2, "it plays on"


def test_who_does_not_want_keys_turns_them_off(library):
    page = library
    page.keyboard.press("?")
    page.get_by_label("Use these keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") != "q"
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Song 0", "keys that are no letters stay"


def test_shift_and_click_choose_a_range(library):
    page = library
    boxes = page.locator("[name=ids]")
    boxes.nth(2).click()
    boxes.nth(6).click(modifiers=["Shift"])
    assert page.locator("[data-chosen]").inner_text() == "5 songs"
    boxes.nth(3).click()
    assert page.locator("[data-chosen]").inner_text() == "4 songs"


def test_a_row_is_deleted_by_key_and_had_back(library):
    page = library
    page.keyboard.press("j")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")  # it asks, and the answer has the focus
    wait_for_total(page, SONGS - 1)
    assert focused(page) == "Song 1", "the keys go on where they were"
    page.get_by_role("button", name="Undo").click()
    wait_for_total(page, SONGS)
    assert page.locator("tr.song a").first.inner_text() == "Song 0"


def test_all_that_match_are_deleted_and_had_back(library):
    page = library
    page.goto("/?q=odd")
    wait_for_elements(page, "song-list")
    page.locator("[data-all]").check()
    page.get_by_label("All 65 that match").check()
    assert page.locator("[data-chosen]").inner_text() == "65 songs"
    page.locator(".confirm summary").click()
    page.get_by_role("button", name="Delete them").click()
    page.get_by_text("65 songs deleted.").wait_for()
    page.get_by_role("link", name="Library").first.click()
    wait_for_total(page, SONGS - 65)
    page.get_by_role("button", name="Undo").click()  # the note stays while one looks around
    page.wait_for_url("**/?q=odd")
    wait_for_total(page, 65)


def test_the_player_goes_through_the_list_and_remembers_how_loud(library):
    page = library
    page.locator("play-button button").nth(1).click()
    page.wait_for_function(f"{HEARD} > 0.1")
    page.get_by_role("link", name="Jobs").first.click()
    page.get_by_role("heading", name="Jobs").wait_for()
    page.get_by_role("button", name="Next song").click()
    assert page.locator("player-bar [data-title]").inner_text() == "Song 2"
    page.get_by_role("button", name="Previous song").click()
    assert page.locator("player-bar [data-title]").inner_text() == "Song 1"
    page.evaluate("document.querySelector('player-bar audio').currentTime = 19.7")
    page.wait_for_function(
        "document.querySelector('player-bar [data-title]').textContent === 'Song 2'"
    )
    page.get_by_label("Volume").fill("0.5")
    page.get_by_role("button", name="Mute").click()
    page.goto("/")
    wait_for_elements(page, "player-bar")
    loudness = "[document.querySelector('audio').volume, document.querySelector('audio').muted]"
    assert page.evaluate(loudness) == [0.25, True]


def test_a_waveform_is_looked_at_closer(library):
    page = library
    page.locator(".cell-title a").first.click()
    closer = page.get_by_role("button", name="Look closer")
    page.locator("[data-zoom='2']:enabled").wait_for()
    with page.expect_response(lambda answer: "zoom=" in answer.url) as asked:
        for _ in range(4):
            closer.click()
    answer = asked.value.json()
    assert len(answer["points"]) > 50
    assert page.locator("[data-to]").inner_text() == "0:01.2"
    page.get_by_role("slider", name="Position in Song 0").focus()
    page.keyboard.press("0")
    assert page.locator("[data-to]").inner_text() == "0:20"
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"{HEARD} >= 5")


def test_words_are_edited_where_they_stand(library):
    page = library
    page.locator(".cell-title a").nth(7).click()
    page.get_by_role("button", name="Change the artist").click()
    page.keyboard.type("Somebody else")
    page.keyboard.press("Enter")
    page.get_by_text("Somebody else").wait_for()
    page.get_by_label("Add a tag").fill("Late Night")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="late night").wait_for()
    page.get_by_role("button", name="Take the tag late night off").click()
    page.get_by_role("link", name="late night").wait_for(state="detached")


def test_the_end_of_a_job_is_told_on_another_page(library):
    page = library
    page.locator(".cell-title a").nth(5).click()
    page.get_by_role("button", name="Unmix").click()
    page.get_by_role("link", name="Remixes").first.click()
    page.get_by_role("heading", name="Remixes", exact=True).wait_for()
    page.get_by_text("Done: Unmix “Song 5”.").wait_for()
    page.locator(".toast a").click()
    page.locator("stem-mixer").wait_for()


def test_every_control_of_the_library_is_reached_by_tab(library):
    reached = set()
    for _ in range(60):
        library.keyboard.press("Tab")
        reached.add(
            library.evaluate("document.activeElement.id || document.activeElement.className")
        )
    assert {"q", "genre-all"} <= reached
    assert any(name.startswith("open-") for name in reached)
    assert any(name.startswith("choose-") for name in reached)
