"""Pretrained files: find, fetch, verify and remove what `audio.catalogue` lists."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from audio.catalogue import CATALOGUE, Weights
from audio.download import TransferFailed, Wanted, download, lock_of, part_of, sha256
from audio.errors import AudioError
from audio.progress import Report, ignore

AGAIN_AFTER = 3600.0  # s before a download that failed is tried again by itself


class WeightsMissing(AudioError):
    """A pretrained file is not here: the text names it, its address and the way out.

    It is not the recording's fault, but the recording's owner is told: a model whose file is
    missing is left out, and the others go on.
    """

    code = "weights_missing"


_verified: dict[tuple[Path, int, int], str] = {}
_places: dict[tuple[Path, str], Path] = {}
_failures: dict[str, tuple[float, str]] = {}


def entry(name: str) -> Weights:
    """Return what the catalogue says of a file.

    Raises
    ------
    ValueError
        If there is no such name in it.
    """
    if name not in CATALOGUE:
        raise ValueError(f"There are no weights named {name!r}: there are {', '.join(CATALOGUE)}.")
    return CATALOGUE[name]


def folder() -> Path:
    """Return where fetched files are kept: AUDIOPHILE_WEIGHTS, or in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("AUDIOPHILE_WEIGHTS") or Path(cache, "audiophile", "weights"))


def find(name: str) -> Path | None:
    """Find a file on this machine: in the mirror folder first, then among the fetched ones.

    A file counts only when its checksum is right, which is looked at once for each state of the
    file (size and time of change) in a process.

    Parameters
    ----------
    name : str
        In the catalogue.

    Returns
    -------
    Path or None
    """
    weights = entry(name)
    return next((path for path in _copies(weights) if _right(weights, path)), None)


def ensure(name: str, report: Report = ignore) -> Path:
    """Find a file, or fetch it where its policy and AUDIOPHILE_FETCH allow that.

    A failed fetch is not tried again for an hour in this process.

    Parameters
    ----------
    name : str
        In the catalogue.
    report : Report
        Told the fraction fetched; it may raise to cancel.

    Returns
    -------
    Path
        Verified.

    Raises
    ------
    WeightsMissing
        If it is not here and may or could not be fetched.
    """
    found = find(name)
    if found:
        return found
    if reason := _hindrance(entry(name)):
        raise WeightsMissing(reason)
    return fetch(name, report)


def missing(name: str) -> str:
    """Say in a sentence why a file cannot be had here, and the way out; fetches nothing.

    Returns
    -------
    str
        Empty when it is here, or will be fetched when it is first needed.
    """
    return "" if find(name) else _hindrance(entry(name))


def fetch(name: str, report: Report = ignore) -> Path:
    """Fetch a file now, whatever its policy; nothing happens when it is here already.

    A mirror (AUDIOPHILE_MODEL_MIRROR) that is a folder is only looked at, never copied; one that
    is an address is asked before the file's own home.

    Parameters
    ----------
    name : str
        In the catalogue.
    report : Report
        Told the fraction fetched; it may raise to cancel, and what came is kept for next time.

    Returns
    -------
    Path
        Verified.

    Raises
    ------
    WeightsMissing
        If it could not be fetched.
    """
    weights = entry(name)
    found = find(name)
    if found:
        return found
    if not _allowed():
        raise WeightsMissing(
            f"{_not_here(weights)}: AUDIOPHILE_FETCH=0 forbids fetching it. {_way_out(weights)}"
        )
    try:
        path = _fetched(weights, report)
    except WeightsMissing as failure:
        _failures[name] = (time.monotonic(), str(failure))
        raise
    _failures.pop(name, None)
    return path


def verify(name: str) -> Path:
    """Read a file anew, whatever was known of it, and return where it lies.

    Raises
    ------
    WeightsMissing
        If it is not here, or damaged; the text says which.
    """
    weights = entry(name)
    copies = list(_copies(weights))
    for path in copies:
        _verified.clear()
        if _right(weights, path):
            return path
    if copies:
        raise WeightsMissing(
            f"{copies[0]} is not the file it should be: its checksum is wrong. Remove it, "
            f"and fetch it again. {_way_out(weights)}"
        )
    raise WeightsMissing(f"{_not_here(weights)}. {_way_out(weights)}")


def remove(name: str) -> bool:
    """Remove a fetched file and what is left of a download; a mirror is never touched.

    A checksum that was recorded at the first fetch stays recorded.

    Returns
    -------
    bool
        Whether there was one.
    """
    path = folder() / entry(name).file
    there = path.is_file()
    for leftover in (path, part_of(path), lock_of(path)):
        leftover.unlink(missing_ok=True)
    return there


def checksum(name: str) -> str | None:
    """Return the SHA-256 a file must have: by the catalogue, or as first fetched; else None."""
    weights = entry(name)
    return weights.sha256 or _recorded(weights)


def _copies(weights: Weights) -> Iterator[Path]:
    mirror = os.environ.get("AUDIOPHILE_MODEL_MIRROR", "")
    if mirror and not _is_address(mirror):
        yield from _in_mirror(Path(mirror), weights.file)
    path = folder() / weights.file
    if path.is_file():
        yield path


def _in_mirror(mirror: Path, file: str) -> Iterator[Path]:
    """All files of that name anywhere below; the place is remembered while it holds good."""
    known = _places.get((mirror, file))
    if known and known.is_file():
        yield known
    for path in sorted(mirror.rglob(file)):
        if path.is_file() and path != known:
            _places[mirror, file] = path
            yield path


def _right(weights: Weights, path: Path) -> bool:
    """Whether a copy has the checksum it should have, by the catalogue or by the record."""
    try:
        checksum = _checksum(path)
    except OSError:  # gone since it was listed, or not ours to read
        return False
    wanted = weights.sha256 or _recorded(weights)
    if wanted is None:
        _record(weights, checksum, str(path))
    return wanted in (None, checksum)


def _checksum(path: Path) -> str:
    state = path.stat()
    key = (path, state.st_size, state.st_mtime_ns)
    if key not in _verified:
        _verified[key] = sha256(path)
    return _verified[key]


def _hindrance(weights: Weights) -> str:
    """Why a file that is not here will not be fetched by itself; empty when it will."""
    at, failure = _failures.get(weights.name, (-AGAIN_AFTER, ""))
    if failure and time.monotonic() - at < AGAIN_AFTER:
        return failure
    if weights.policy == "when asked":
        why = f"licence: {weights.licence}; so it is fetched only when a person asks for it"
    elif not _allowed():
        why = "AUDIOPHILE_FETCH=0 forbids fetching it"
    else:
        return ""
    return f"{_not_here(weights)} ({why}). {_way_out(weights)}"


def _fetched(weights: Weights, report: Report) -> Path:
    path = folder() / weights.file
    reasons = []
    for wanted in _sources(weights):
        try:
            found = download(wanted, path, report)
        except TransferFailed as failure:
            reasons.append(f"{wanted.url}: {failure}")
            continue
        if not weights.sha256:
            _record(weights, found, wanted.url)
        return path
    raise WeightsMissing(
        f"The file {weights.file} could not be fetched ({'; '.join(reasons)}). {_way_out(weights)}"
    )


def _sources(weights: Weights) -> Iterator[Wanted]:
    checksum = weights.sha256 or _recorded(weights)
    mirror = os.environ.get("AUDIOPHILE_MODEL_MIRROR", "")
    if _is_address(mirror):
        url = f"{mirror.rstrip('/')}/{weights.file}"
        yield Wanted(url, checksum, weights.size, trusted=True)
    for url in weights.urls:
        yield Wanted(url, checksum, weights.size)


def _record_of(weights: Weights) -> Path:
    return folder() / f"{weights.file}.json"


def _recorded(weights: Weights) -> str | None:
    try:
        said = json.loads(_record_of(weights).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return str(said["sha256"])


def _record(weights: Weights, checksum: str, whence: str) -> None:
    """Write down the checksum of a file that was seen for the first time."""
    record = _record_of(weights)
    record.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"file": weights.file, "sha256": checksum, "from": whence}, indent=1)
    fresh = part_of(record)
    fresh.write_text(text + "\n", encoding="utf-8")
    fresh.replace(record)


def _is_address(mirror: str) -> bool:
    return mirror.startswith(("http://", "https://"))


def _allowed() -> bool:
    return os.environ.get("AUDIOPHILE_FETCH", "").strip().lower() not in (
        "0",
        "false",
        "no",
        "off",
    )


def _not_here(weights: Weights) -> str:
    return f"The file {weights.file} ({weights.title}) is not on this machine"


def _way_out(weights: Weights) -> str:
    return (
        f"The way out: `manage.py models fetch {weights.name}`, or put it, from "
        f"{weights.urls[0]}, into {folder()} or the folder AUDIOPHILE_MODEL_MIRROR."
    )
