"""The shape of the house: what the linters cannot say."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["audiophile", "apps", "audio", "training", "benchmarks", "tests"]
SOURCES = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
DRAWERS = {"utils", "helpers", "common", "core", "misc"}
HEAVY = {"torch", "demucs", "librosa", "sklearn", "numba", "onnxruntime"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_long_or_a_drawer(path):
    assert len(path.read_text().splitlines()) <= 400
    assert path.stem not in DRAWERS


@pytest.mark.parametrize("path", sorted((ROOT / "static" / "js").rglob("*.js")), ids=str)
def test_no_script_is_long(path):
    assert len(path.read_text().splitlines()) <= 400


def test_pages_hold_no_inline_scripts_or_styles():
    for page in (ROOT / "templates").rglob("*.html"):
        html = page.read_text()
        assert "<style" not in html and " style=" not in html, page
        assert all("src=" in tag.split(">")[0] for tag in html.split("<script")[1:]), page


def test_the_web_process_never_imports_an_ml_library():
    """Import-linter reads imports; this runs them, with every page and endpoint resolved."""
    script = (
        "import sys, audiophile.wsgi, django.urls as u;"
        "u.get_resolver().url_patterns; u.reverse('api:file-list');"
        "from django.contrib import admin; admin.site.urls;"
        f"print(*sorted({HEAVY!r} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_nothing_committed_names_this_workplace():
    """Paths and hosts of the machine it was written on have no place in the project."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    lock = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in lock
