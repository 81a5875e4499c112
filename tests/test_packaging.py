"""`pip install .`: the package `audio` and its command, without the product around it."""

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from shutil import copytree, ignore_patterns

import numpy as np
import pytest

from audio import io
from audio.clip import Clip

ROOT = Path(__file__).resolve().parent.parent
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
OFFLINE = ["--no-deps", "--no-index", "--no-build-isolation"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from a copy, since building leaves things lying in the folder."""
    pytest.importorskip("setuptools", minversion="77")
    source = tmp_path_factory.mktemp("source")
    copytree(ROOT / "audio", source / "audio", ignore=ignore_patterns("__pycache__"))
    (source / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run([*PIP, "wheel", *OFFLINE, "-w", str(out), str(source)], check=True)
    (built,) = out.glob("*.whl")
    return built


def test_the_wheel_holds_the_package_its_artefacts_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        (entries,) = (n for n in archive.namelist() if n.endswith("entry_points.txt"))
        commands = archive.read(entries).decode()
    found = (path for path in (ROOT / "audio").rglob("*") if path.is_file())
    files = (path for path in found if path.parent.name != "__pycache__")
    expected = {str(path.relative_to(ROOT)) for path in files if path.suffix != ".pyc"}
    assert names == expected
    assert "audiophile-audio = audio.__main__:main" in commands


def test_installed_alone_the_command_works_and_django_stays_out(wheel, tmp_path):
    subprocess.run(
        [*PIP, "install", *OFFLINE, "-t", str(tmp_path / "lib"), str(wheel)], check=True
    )
    (tmp_path / "lib" / "django.py").write_text("raise ImportError('no Django here')")
    sine = 0.3 * np.sin(2 * np.pi * 440 * np.arange(88_200) / 22_050)
    io.write(tmp_path / "a.wav", Clip(sine[None].astype(np.float32), 22_050))
    done = subprocess.run(
        [str(tmp_path / "lib" / "bin" / "audiophile-audio"), "probe", "--json", "a.wav"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "lib")},
        check=True,
    )
    assert json.loads(done.stdout)["seconds"] == 4.0


def test_nothing_of_the_web_is_a_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {need.split(">")[0] for need in project["dependencies"]}
    assert not wanted & {"django", "celery", "redis", "djangorestframework"}
    pinned = (ROOT / "requirements.txt").read_text().splitlines()
    assert wanted <= {line.split("==")[0] for line in pinned}


def test_importing_the_package_is_cheap():
    code = "import sys, audio; print(len({'numpy', 'librosa', 'torch'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout == "0\n"
