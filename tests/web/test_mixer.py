"""The mixer's page in a real browser, by what comes out of it: sample by sample."""

import json

import numpy as np
import pytest

from audio import io
from tests.web import known_sound
from tests.web.conftest import wait_for_elements
from tests.web.known_sound import EVERY, FIRST, RATE, SOFTER_DB, STEMS
from tests.web.test_accessibility import complaints

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SECONDS = 30.0
MIXER = "document.querySelector('stem-mixer')"
PLAYER = f"{MIXER}.player"


@pytest.fixture(scope="module")
def known(server) -> dict[str, str]:
    script = f"from tests.web.known_stems import open_song; print(open_song({SECONDS}))"
    return json.loads(server.manage("shell", "--no-imports", "-c", script).splitlines()[-1])


@pytest.fixture
def mixer(page, server, known):
    """A tab with the song, signed in; its ears are open."""
    page.context.add_cookies([{"name": "sessionid", "value": known["cookie"], "url": server.url}])
    page.add_init_script(known_sound.EARS)
    page.goto(f"/songs/{known['song']}/")
    wait_for_elements(page, "stem-mixer", "player-bar")
    page.locator("stem-mixer").scroll_into_view_if_needed()
    page.wait_for_function(f"!!{PLAYER}")
    return page


def slide(page, label: str, value: float) -> None:
    page.get_by_label(label, exact=True).evaluate(
        "(slider, value) => { slider.value = value;"
        " slider.dispatchEvent(new Event('input', { bubbles: true })); }",
        str(value),
    )


def play(page) -> None:
    page.get_by_role("button", name="Play the stems").click()


def wait_until(page, seconds: float) -> None:
    page.wait_for_function(f"{PLAYER}.position >= {seconds}")


def pause(page) -> None:
    page.get_by_role("button", name="Pause the stems").click()


def clicks(page) -> np.ndarray:
    """What was heard of them: frame, left, right."""
    return np.array(page.evaluate("heard.clicks"))


def tape(page) -> tuple[int, np.ndarray]:
    """All that was heard in one piece: its first frame, and [2, n]."""
    parts = page.evaluate("heard.tape")
    frames = np.array([part[0] for part in parts])
    assert (np.diff(frames) == 128).all(), "silence in between"
    return int(frames[0]), np.concatenate([np.array(part[1:]) for part in parts], axis=1)


def test_stems_stay_together_to_the_sample_over_the_seams_of_blocks(mixer):
    page = mixer
    slide(page, "Place of drums between left and right", -1)
    slide(page, "Place of bass between left and right", 1)
    page.get_by_role("button", name="Mute other").click()
    play(page)
    page.wait_for_function("heard.clicks.length > 18")  # 9 s; blocks are two seconds long
    assert page.evaluate("document.querySelector('player-bar audio').paused")
    pause(page)
    heard = clicks(page)
    assert set(np.diff(heard[:, 0])) == {EVERY}, "none lost, none early, none late"
    assert (heard[:, 1:] > 0.9).all(), "both sides at once: the left is drums, the right is bass"


def test_what_is_heard_is_what_the_controls_say_and_what_is_exported(mixer, tmp_path):
    page = mixer
    slide(page, "Volume of drums", -4.5)
    slide(page, "Volume of bass", -2)
    slide(page, "Volume of other", -6)
    slide(page, "Place of bass between left and right", 0.35)
    slide(page, "Place of other between left and right", -0.6)
    page.keyboard.press("Shift+2")
    page.keyboard.press("Shift+3")
    assert page.locator(".stem[data-silent]").count() == 1
    page.evaluate("heard.keep = true")
    play(page)
    wait_until(page, 3)
    pause(page)
    begin, sound = tape(page)
    click = int(clicks(page)[0][0]) - begin
    first = FIRST - click  # frame of the song at which the tape begins
    length = round(2.5 * RATE)
    expected = by_hand(first + 500, length)
    assert decibels(sound[:, 500 : 500 + length] - expected) < -80

    page.locator(".mixer-export summary").click()
    page.get_by_label("Format").select_option("wav")
    page.get_by_role("button", name="Export mix").click()
    page.get_by_text("Your mix is ready.").wait_for()
    with page.expect_download() as started:
        page.get_by_role("link", name="Download the mix", exact=True).click()
    assert started.value.suggested_filename == "Known - mix.wav"
    made = io.read(started.value.path())
    assert made.frames == round(SECONDS * RATE)
    assert decibels(made.samples[:, :length] - by_hand(0, length)) < -80


def by_hand(start: int, frames: int) -> np.ndarray:
    """The mix of the test above, by the text of the standard."""
    total = np.zeros((2, frames))
    for name, gain_db, pan in (("bass", -2.0, 0.35), ("other", -6.0, -0.6)):
        left, right = known_sound.stem(name, start, frames).astype(float) * 10 ** (gain_db / 20)
        turn = (pan + 1 if pan <= 0 else pan) * np.pi / 2
        if pan <= 0:
            total += [left + right * np.cos(turn), right * np.sin(turn)]
        else:
            total += [left * np.cos(turn), right + left * np.sin(turn)]
    return total


def decibels(difference: np.ndarray) -> float:
    return float(20 * np.log10(np.abs(difference).max() + 1e-9))


def test_a_loop_is_drawn_repeats_and_is_there_after_a_reload(mixer):
    page = mixer
    page.evaluate(f"{MIXER}.scrollIntoView({{ block: 'center' }})")
    box = page.locator(".stem-wave").first.bounding_box()
    y = box["y"] + 10
    page.mouse.move(box["x"] + box["width"] * 0.5, y)
    page.mouse.down()
    for share in (0.48, 0.45, 0.42):
        page.mouse.move(box["x"] + box["width"] * share, y)
    page.mouse.up()
    loop = page.locator("[data-stretch]").inner_text()
    assert loop == "0:12.6–0:15.0"
    play(page)
    page.wait_for_function(f"{PLAYER}.position > 14.5")
    page.wait_for_function(f"{PLAYER}.position < 13.5")
    pause(page)
    page.keyboard.press("4")  # there is no fourth
    page.keyboard.press("1")
    slide(page, "Volume of bass", -6)
    page.reload()
    wait_for_elements(page, "stem-mixer")
    assert page.locator("[data-stretch]").inner_text() == loop
    assert page.locator("[data-mute][aria-pressed=true]").count() == 1
    assert page.locator("[data-volume-text]").nth(1).inner_text() == "−6 dB"
    page.get_by_role("button", name="Forget the loop").click()
    page.get_by_role("button", name="Reset the mix").click()
    assert page.locator("[data-volume-text]").nth(1).inner_text() == "0 dB"


def test_the_original_is_as_loud_as_the_stems_and_in_step_with_them(mixer):
    page = mixer
    play(page)
    page.keyboard.press("b")
    page.wait_for_function("heard.clicks.length > 9")
    page.keyboard.press("b")
    page.wait_for_function("heard.clicks.length > 13")
    pause(page)
    heard = clicks(page)
    assert set(np.diff(heard[:, 0])) == {EVERY}
    together = len(STEMS) * known_sound.CLICK
    original = 10 ** (SOFTER_DB / 20)  # its clicks are cut off at full scale
    assert heard[0, 1] == pytest.approx(together, abs=1e-3)
    assert heard[-1, 1] == pytest.approx(together, abs=1e-3)
    assert heard[:, 1].min() == pytest.approx(original, abs=1e-3)


def test_slower_is_not_lower(mixer):
    page = mixer
    for name in ("drums", "other"):
        page.get_by_role("button", name=f"Mute {name}").click()
    slide(page, "Speed", 0.75)
    page.evaluate("heard.keep = true")
    play(page)
    wait_until(page, 3)
    pause(page)
    _, sound = tape(page)
    assert 3.5 < sound.shape[1] / RATE < 5, "three seconds take four"
    spectrum = np.abs(np.fft.rfft(sound[0] * np.hanning(sound.shape[1])))
    assert np.argmax(spectrum) * RATE / sound.shape[1] == pytest.approx(330.0, abs=1.0)


def test_blocks_are_let_go_and_a_seek_is_heard_at_once(mixer):
    page = mixer
    play(page)
    for seconds in (12, 24, 3, 18):
        page.evaluate(f"{PLAYER}.seek({seconds})")
        wait_until(page, seconds + 0.1)
        assert page.evaluate(f"{PLAYER}.position") < seconds + 3
    page.wait_for_function(f"{PLAYER}.lanes.every((lane) => lane.count <= 9)")
    page.evaluate(f"{PLAYER}.seek({SECONDS - 1})")
    page.get_by_role("button", name="Play the stems").wait_for()
    assert page.evaluate(f"{PLAYER}.position") == 0, "it is over, and ready to begin again"


def test_silence_cannot_be_exported(mixer):
    page = mixer
    for key in "123":
        page.keyboard.press(key)
    page.locator(".mixer-export summary").click()
    page.get_by_role("button", name="Export mix").click()
    page.get_by_text("Nothing sounds").wait_for()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing_wrong_with_it(mixer, width, scheme):
    page = mixer
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.locator(".mixer-export summary").click()
    page.get_by_role("button", name="Mute bass").click()
    page.get_by_role("button", name="Solo other").click()
    page.get_by_role("button", name="Loop from here").click()
    page.get_by_role("button", name="Original", exact=True).click()
    play(page)
    wait_until(page, 0.3)
    assert complaints(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
