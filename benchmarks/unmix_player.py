"""The mixer in a headless Chromium, on a song whose stems are known to the sample."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil
from playwright.sync_api import Page, sync_playwright

from audio import io
from benchmarks.rows import Row
from tests.server import Api, Server, served, wait_for
from tests.web import chromium
from tests.web.known_sound import EARS, EVERY, RATE, STEMS, stem

TITLE = "the player; the service we grew from starts one media element for each stem"
MINUTES = 10.0
SLOW_LINE = 10e6 / 8  # bytes a second
PATIENCE = 60_000  # ms
PLAYER = "document.querySelector('stem-mixer').player"
SETTINGS = {  # of the mix that is exported: dB, and from left (-1) to right (1)
    "drums": (-7.5, -0.45),
    "bass": (-6.0, 0.2),
    "other": (-9.0, 1.0),
}
REGION = (61.25, 140.5)  # seconds

Frames = npt.NDArray[np.int64]


def measure(data: Path, minutes: float = MINUTES) -> Iterator[Row]:
    """Run the product on a folder of its own; `data` is not needed. Takes `minutes` to listen."""
    with TemporaryDirectory() as folder, served(Path(folder) / "data") as server:
        known = _known(server, minutes * 60)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_chromium(), args=chromium.QUIET)
            yield from _first_sound(browser, server, known)
            yield from _listened(browser, server, known, minutes)
            browser.close()
        yield from _exported(server.api(), known, Path(folder))


def _known(server: Server, seconds: float) -> dict[str, str]:
    script = f"from tests.web.known_stems import open_song; print(open_song({seconds}))"
    said = server.manage("shell", "--no-imports", "-c", script).splitlines()[-1]
    known: dict[str, str] = json.loads(said)
    return known


def _chromium() -> str:
    found = chromium.found()
    if found is None:
        raise FileNotFoundError("There is no Chromium here (Debian: apt install chromium).")
    return found


@contextmanager
def _tab(browser: Any, server: Server, known: dict[str, str], *, slow: bool) -> Iterator[Page]:
    """The song's page, just opened: nothing of its sound has been fetched."""
    context = browser.new_context(base_url=server.url, viewport={"width": 1280, "height": 500})
    context.add_cookies([{"name": "sessionid", "value": known["cookie"], "url": server.url}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.add_init_script(EARS)
    page.goto(f"/songs/{known['song']}/")
    page.wait_for_function("!!customElements.get('stem-mixer')")
    if slow:
        line = {"offline": False, "latency": 20, "uploadThroughput": -1}
        debugger = context.new_cdp_session(page)
        debugger.send(
            "Network.emulateNetworkConditions", {**line, "downloadThroughput": SLOW_LINE}
        )
    yield page
    context.close()


def _play(page: Page) -> None:
    """Press the button where it is, so that nothing is fetched because it was seen."""
    page.evaluate("document.querySelector('stem-mixer [data-toggle]').click()")
    page.wait_for_function("heard.first !== null")


# -- first sound ---------------------------------------------------------------------------------


def _first_sound(browser: Any, server: Server, known: dict[str, str]) -> Iterator[Row]:
    for slow, where in ((False, "this machine"), (True, "a line of 10 Mbit/s")):
        waited = []
        for _ in range(3):
            with _tab(browser, server, known, slow=slow) as page:
                _play(page)
                waited.append(page.evaluate("heard.first - heard.clicked") / 1000)
        what = f"first sound after “play”, {where}, nothing fetched before (worst of 3)"
        yield Row(what, None, max(waited), "s", "≤ 2 s")


# -- listening -----------------------------------------------------------------------------------


def _listened(
    browser: Any, server: Server, known: dict[str, str], minutes: float
) -> Iterator[Row]:
    with _tab(browser, server, known, slow=False) as page, _watched(page) as sizes:
        _turn(page)
        _play(page)
        page.wait_for_function(f"!{PLAYER}.playing", timeout=minutes * 90_000)
        heard = np.array(page.evaluate("heard.clicks"))
    left, right = (heard[np.abs(heard[:, side]) > 0.2, 0].astype(np.int64) for side in (1, 2))
    count = min(len(left), len(right))
    drift = np.abs(left[:count] - right[:count]).max() if len(left) == len(right) else np.inf
    yield Row(f"drift between stems, {minutes:g} minutes", None, float(drift), "", "0 samples")
    yield Row("… samples lost or doubled on the way", None, _lost(left, minutes), "", "0")
    yield Row("page memory at most (RSS of its process)", None, max(sizes), "MB", "≤ 400 MB")


def _turn(page: Page) -> None:
    """One stem left, one right, one off; at the end the clicks of both must still be one."""
    page.evaluate(
        """() => {
          const [first, second, third] = document.querySelectorAll("stem-mixer .stem");
          for (const [stem, pan] of [[first, -1], [second, 1]]) {
            stem.querySelector("[data-pan]").value = pan;
            stem.querySelector("[data-pan]").dispatchEvent(new Event("input", { bubbles: true }));
          }
          third.querySelector("[data-mute]").click();
          heard.clicked = undefined;
        }"""
    )


def _lost(frames: Frames, minutes: float) -> float:
    """How far the worst click is from where the song has it, seen from the first."""
    expected = frames[0] + EVERY * np.arange(int(minutes * 60 * RATE) // EVERY)
    if len(frames) != len(expected):
        return float("inf")
    return float(np.abs(frames - expected).max())


@contextmanager
def _watched(page: Page) -> Iterator[list[float]]:
    """The memory of the process that shows this page, in MB, every second."""
    sizes, over = [0.0], threading.Event()
    mine = _renderers()

    def look() -> None:
        while not over.wait(1.0):
            sizes.append(max((_megabytes(process) for process in mine), default=0.0))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield sizes
    finally:
        over.set()
        thread.join()


def _renderers() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [one for one in children if "--type=renderer" in " ".join(one.cmdline())]


def _megabytes(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss) / 2**20
    except psutil.Error:
        return 0.0


# -- exporting -----------------------------------------------------------------------------------


def _exported(api: Api, known: dict[str, str], folder: Path) -> Iterator[Row]:
    """What the server renders beside the same settings worked out here, from the standard."""
    address = f"/separations/{known['separation']}/mixes"
    stems = {name: {"gain_db": db, "pan": pan} for name, (db, pan) in SETTINGS.items()}
    begin, end = REGION
    asked = api.post(
        address, json={"stems": stems, "region": {"start": begin, "stop": end}, "format": "wav"}
    ).json()
    done = wait_for(lambda: _done(api, f"{address}/{asked['id']}"), 300)
    path = folder / "mix.wav"
    path.write_bytes(api.get(done["url"]).content)
    made = io.read(path).samples
    expected = _by_hand(round(begin * RATE), round(end * RATE))
    level = 20 * np.log10(np.abs(made - expected).max() + 1e-9)
    what = "exported region against its settings, largest difference"
    yield Row(what, None, float(level), "dB", "≤ -80 dBFS")
    began, ended = (datetime.fromisoformat(done["job"][key]) for key in ("started_at", "ended_at"))
    seconds = (ended - began).total_seconds()
    yield Row(f"… seconds on the wall for {end - begin:.0f} s of it", None, seconds, "s")


def _done(api: Api, address: str) -> dict[str, Any] | None:
    mix: dict[str, Any] = api.get(address).json()
    return mix if mix["job"]["ended_at"] else None


def _by_hand(start: int, stop: int) -> npt.NDArray[np.float64]:
    total = np.zeros((2, stop - start))
    for name in STEMS:
        gain_db, pan = SETTINGS[name]
        left, right = stem(name, start, stop - start).astype(float) * 10 ** (gain_db / 20)
        turn = (pan + 1 if pan <= 0 else pan) * np.pi / 2
        if pan <= 0:
            total += [left + right * np.cos(turn), right * np.sin(turn)]
        else:
            total += [left * np.cos(turn), right + left * np.sin(turn)]
    return total
