"""A malformed variable stops the start with one sentence."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parent.parent


def start(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "AUDIOPHILE_DATA": str(tmp_path), **variables}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT, env=environment, capture_output=True, text=True,
    )  # fmt: skip


def test_it_starts_with_nothing_set(tmp_path):
    done = start(tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0, "nobody else may read the key"


def test_the_secret_key_stays_the_same(tmp_path):
    start(tmp_path)
    first = (tmp_path / "secret_key").read_text()
    start(tmp_path)
    assert (tmp_path / "secret_key").read_text() == first != ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("DEBUG", "perhaps"),
        ("DATABASE_URL", "mysql://somewhere/db"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "postgres://user:pw@host:port/name"),
        ("REDIS_URL", "http://redis"),
        ("REDIS_URL", "redis://host:abc/0"),
        ("BASE_URL", "http://"),
        ("DB_USER", "somebody"),
        ("AUDIOPHILE_DATA", "/proc/nowhere"),
        ("AWS_S3_ENDPOINT_URL", "minio:9000"),
        ("BASE_URL", "music.example.org"),
        ("AUDIOPHILE_STORAGE", "tape"),
        ("AUDIOPHILE_STORAGE", "s3"),
        ("AUDIOPHILE_CONFIDENCE", "1.5"),
        ("AUDIOPHILE_MAX_UPLOAD_MB", "0"),
        ("LOG_LEVEL", "LOUD"),
        ("AUDIOPHILE_DRIFT_UNIT", "song"),
        ("AUDIOPHILE_DRIFT_WEBHOOK", "https://example.org/hook"),
    ],
)
def test_nonsense_is_refused_by_name(tmp_path, monkeypatch, name, value):
    monkeypatch.setenv("AUDIOPHILE_DATA", str(tmp_path))
    monkeypatch.setenv(name, value)
    family = name.partition("_")[0]
    with pytest.raises(ImproperlyConfigured, match=rf"{family}_?.*\.$") as raised:
        runpy.run_path(str(ROOT / "audiophile" / "settings.py"))
    assert "\n" not in str(raised.value)


def test_the_start_stops_with_that_one_sentence(tmp_path):
    done = start(tmp_path, PORT="eighty")
    assert done.returncode != 0
    assert done.stderr.strip() == "PORT must be a number, not “eighty”."


def test_every_variable_is_in_the_example():
    """What settings.py and `audio` read and what .env.example names are the same."""
    source = (ROOT / "audiophile" / "settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"(\w+)"', source))
    for path in (ROOT / "audio").rglob("*.py"):
        read |= set(re.findall(r'"(AUDIOPHILE_\w+)"', path.read_text()))
    named = {
        line.removeprefix("#").partition("=")[0]
        for line in (ROOT / ".env.example").read_text().splitlines()
        if line.startswith("#") and "=" in line and line[1:2].isupper()
    }
    assert read - {"AUDIOPHILE_DATA"} == named - {"AUDIOPHILE_DATA"}
