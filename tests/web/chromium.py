"""Chromium as the system has it, and how it is started."""

import shutil

BROWSERS = [
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
]  # fmt: skip
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip


def found() -> str | None:
    """Where one is; None without any."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)
