"""The mixer in a headless Chromium, on a song whose stems are known to the sample."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil

from audio import io
from benchmarks import devtools
from benchmarks.devtools import Tab
from benchmarks.rows import Row
from tests.server import Api, Server, served, wait_for
from tests.web.known_sound import EARS, EVERY, RATE, STEMS, stem

TITLE = "the player; the service we grew from starts one media element for each stem"
MINUTES = 10.0
SLOW_LINE = {  # 10 Mbit/s, in bytes a second
    "offline": False, "latency": 20, "downloadThroughput": 1.25e6, "uploadThroughput": -1,
}  # fmt: skip
PLAYER = "document.querySelector('stem-mixer').player"
SETTINGS = {  # of the mix that is exported: dB, and from left (-1) to right (1)
    "drums": (-7.5, -0.45),
    "bass": (-6.0, 0.2),
    "other": (-9.0, 1.0),
}
TURN = """() => {
  const [first, second, third] = document.querySelectorAll("stem-mixer .stem");
  for (const [stem, pan] of [[first, -1], [second, 1]]) {
    stem.querySelector("[data-pan]").value = pan;
    stem.querySelector("[data-pan]").dispatchEvent(new Event("input", { bubbles: true }));
  }
  third.querySelector("[data-mute]").click();
  heard.clicked = undefined;
}"""  # one stem left, one right, one off: the clicks of both must be one to the end
REGION = (61.25, 140.5)  # seconds

Frames = npt.NDArray[np.int64]


def measure(data: Path, minutes: float = MINUTES) -> Iterator[Row]:
    """Run the product on a folder of its own; `data` is not needed. Takes `minutes` to listen."""
    with TemporaryDirectory() as folder, served(Path(folder) / "data") as server:
        known = _known(server, minutes * 60)
        yield from _first_sound(server, known)
        yield from _listened(server, known, minutes)
        yield from _exported(server.api(), known, Path(folder))


def _known(server: Server, seconds: float) -> dict[str, str]:
    script = f"from tests.web.known_stems import open_song; print(open_song({seconds}))"
    said = server.manage("shell", "--no-imports", "-c", script).splitlines()[-1]
    known: dict[str, str] = json.loads(said)
    return known


@contextmanager
def _tab(server: Server, known: dict[str, str]) -> Iterator[tuple[Tab, psutil.Process]]:
    """The song's page, just opened: nothing of its sound has been fetched."""
    cookie = ("sessionid", known["cookie"], server.url)
    with devtools.opened(EARS, cookie=cookie) as (tab, browser):
        tab.call("Page.navigate", url=f"{server.url}/songs/{known['song']}/")
        tab.wait_for("document.readyState === 'complete'")
        tab.wait_for("customElements.get('stem-mixer')")
        yield tab, browser


def _play(tab: Tab) -> None:
    """Press the button where it is, so that nothing is fetched because it was seen."""
    tab.evaluate("document.querySelector('stem-mixer [data-toggle]').click()")
    tab.wait_for("heard.first !== null")


# -- first sound ---------------------------------------------------------------------------------


def _first_sound(server: Server, known: dict[str, str]) -> Iterator[Row]:
    for slow, where in ((False, "this machine"), (True, "a line of 10 Mbit/s")):
        waited = []
        for _ in range(3):
            with _tab(server, known) as (tab, _browser):
                if slow:
                    tab.call("Network.enable")
                    tab.call("Network.emulateNetworkConditions", **SLOW_LINE)
                _play(tab)
                waited.append(tab.evaluate("heard.first - heard.clicked") / 1000)
        what = f"first sound after “play”, {where}, nothing fetched before (worst of 3)"
        yield Row(what, None, max(waited), "s", "≤ 2 s")


# -- listening -----------------------------------------------------------------------------------


def _listened(server: Server, known: dict[str, str], minutes: float) -> Iterator[Row]:
    sizes = []
    with _tab(server, known) as (tab, browser):
        tab.evaluate(f"({TURN})()")
        _play(tab)
        while tab.evaluate(f"{PLAYER}.playing"):
            sizes.append(devtools.renderer_megabytes(browser))
            time.sleep(1.0)
        heard = np.array(tab.evaluate("heard.clicks"))
    left, right = (heard[np.abs(heard[:, side]) > 0.2, 0].astype(np.int64) for side in (1, 2))
    count = min(len(left), len(right))
    drift = np.abs(left[:count] - right[:count]).max() if len(left) == len(right) else np.inf
    yield Row(f"drift between stems, {minutes:g} minutes", None, float(drift), "", "0 samples")
    yield Row("… samples lost or doubled on the way", None, _lost(left, minutes), "", "0")
    yield Row("page memory at most (RSS of its process)", None, max(sizes), "MB", "≤ 400 MB")


def _lost(frames: Frames, minutes: float) -> float:
    """How far the worst click is from where the song has it, seen from the first."""
    expected = frames[0] + EVERY * np.arange(int(minutes * 60 * RATE) // EVERY)
    if len(frames) != len(expected):
        return float("inf")
    return float(np.abs(frames - expected).max())


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
