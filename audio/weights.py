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
LOOK_AGAIN = 10.0  # s before a mirror folder is searched again for what it did not hold
FETCHABLE = "an administrator can fetch it on the Models page."


class WeightsMissing(AudioError):
    """A pretrained file is not here: the text names it, its address and the way out.

    It is not the recording's fault, but the recording's owner is told: a model whose file is
    missing is left out, and the others go on.
    """

    code = "weights_missing"


_verified: dict[tuple[Path, int, int], str] = {}
_places: dict[tuple[Path, str], Path] = {}
_misses: dict[tuple[Path, str], float] = {}
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

    A mirror's address is asked whatever AUDIOPHILE_FETCH says: it is one's own. A failed fetch
    is not tried again for an hour in this process.

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
    if _hindrance(entry(name)):
        raise WeightsMissing(way_out(name))
    return _fetch_now(entry(name), report, home=_allowed())


def missing(name: str) -> str:
    """Say in a short sentence why a file cannot be had here; fetches nothing.

    It is for anybody: without paths, addresses and commands. For those `way_out` is.

    Returns
    -------
    str
        Empty when it is here, or will be fetched when it is first needed.
    """
    if find(name) or not _hindrance(entry(name)):
        return ""
    if _failure(name):
        return f"Its pretrained file could not be fetched; {FETCHABLE}"
    return f"Its pretrained file is not on this machine; {FETCHABLE}"


def way_out(name: str) -> str:
    """Say for an administrator which file is not here, why, and what can be done.

    Returns
    -------
    str
        Empty when it is here.
    """
    weights = entry(name)
    if find(name):
        return ""
    if failure := _failure(name):
        return failure
    why = _hindrance(weights)
    return f"{_not_here(weights)}{f' ({why})' if why else ''}. {_way_out(weights)}"


def fetch(name: str, report: Report = ignore) -> Path:
    """Fetch a file now: a person asks, so neither its policy nor AUDIOPHILE_FETCH matters.

    Nothing happens when it is here already.

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
    return _fetch_now(weights, report, home=True)


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
    mirror = _mirror()
    if mirror and not _is_address(mirror):
        yield from _in_mirror(Path(mirror), weights.file)
    path = folder() / weights.file
    if path.is_file():
        yield path


def _in_mirror(mirror: Path, file: str) -> Iterator[Path]:
    """All files of that name anywhere below; remembered: the place, and a miss for a while."""
    place = mirror, file
    known = _places.get(place)
    if known and known.is_file():
        yield known
    elif time.monotonic() - _misses.get(place, -LOOK_AGAIN) < LOOK_AGAIN:
        return
    others = [path for path in sorted(mirror.rglob(file)) if path.is_file() and path != known]
    for path in others:
        _places[place] = path
        yield path
    if not others:
        _misses[place] = time.monotonic()


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
    if failure := _failure(weights.name):
        return failure
    if weights.policy == "when asked":
        return f"licence: {weights.licence}; so it is fetched only when a person asks for it"
    if not (_allowed() or _is_address(_mirror())):
        return "AUDIOPHILE_FETCH=0 forbids fetching it unasked"
    return ""


def _failure(name: str) -> str:
    """What went wrong at the last fetch; empty after an hour, and when nothing did."""
    at, failure = _failures.get(name, (0.0, ""))
    return failure if failure and time.monotonic() - at < AGAIN_AFTER else ""


def _fetch_now(weights: Weights, report: Report, *, home: bool) -> Path:
    """Fetch it from the mirror's address, and from its own home where that may be asked."""
    try:
        path = _fetched(weights, report, home=home)
    except WeightsMissing as failure:
        _failures[weights.name] = (time.monotonic(), str(failure))
        raise
    _failures.pop(weights.name, None)
    return path


def _fetched(weights: Weights, report: Report, *, home: bool) -> Path:
    path = folder() / weights.file
    reasons = []
    for wanted in _sources(weights, home=home):
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


def _sources(weights: Weights, *, home: bool) -> Iterator[Wanted]:
    checksum = weights.sha256 or _recorded(weights)
    if _is_address(_mirror()):
        yield Wanted(_in_mirror_at(weights), checksum, weights.size, trusted=True)
    for url in weights.urls if home else ():
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


def _mirror() -> str:
    return os.environ.get("AUDIOPHILE_MODEL_MIRROR", "")


def _in_mirror_at(weights: Weights) -> str:
    return f"{_mirror().rstrip('/')}/{weights.file}"


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
    if _is_address(_mirror()):
        other = f"offer it at {_in_mirror_at(weights)}"
    elif _mirror():
        other = f"anywhere below the mirror folder {_mirror()}"
    else:
        other = "name a folder that holds it in AUDIOPHILE_MODEL_MIRROR"
    return (
        f"The way out: `manage.py models fetch {weights.name}`, or put it, from "
        f"{weights.urls[0]}, into {folder()}, or {other}."
    )
