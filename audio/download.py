"""Fetching one large file: resumable, bounded, cancellable, verified before it counts."""

import fcntl
import hashlib
import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from audio.feed import Feed
from audio.progress import Report, ignore

LARGEST = 4 << 30  # bytes, where the size is not known beforehand
PATIENCE = 30.0  # s without a byte
ATTEMPTS = 4  # connections; each goes on where the last was cut
TICK = 0.5  # s between two reports at most
SPELL, LEAST = 60.0, 1 << 18  # s, and the bytes that must come in them


class TransferFailed(Exception):
    """A download came to nothing. Its text says why."""


class _Cut(Exception):
    """The connection ended too early; what came is kept."""


@dataclass(frozen=True)
class Wanted:
    """A file to fetch.

    Parameters
    ----------
    url : str
        https; plain http only where `trusted`, as a mirror of one's own is.
    sha256 : str or None
        Hexadecimal. Without it nothing is resumed: two halves could be of two files.
    size : int or None
        In bytes. More is never written.
    trusted : bool
        Whether plain http will do.
    """

    url: str
    sha256: str | None = None
    size: int | None = None
    trusted: bool = False


def download(wanted: Wanted, path: Path, report: Report = ignore) -> str:
    """Fetch a file, and put it in place when all of it is there and verified.

    It grows as ``<name>.part`` beside its place. A cut connection is taken up again where it
    ended, and so is a download that was cancelled; when what was taken up turns out to be
    another file, all of it is fetched once more, so that a source that lies and hangs up spoils
    nothing for the next. Of two processes that fetch the same file, one waits and finds it
    there.

    Parameters
    ----------
    wanted : Wanted
        What and whence.
    path : Path
        Where it shall lie; its folder is made.
    report : Report
        Told the fraction done, where the size is known, twice a second or oftener, also while
        nothing comes; it may raise to cancel.

    Returns
    -------
    str
        SHA-256 of what came, in hexadecimal.

    Raises
    ------
    TransferFailed
        If it does not come, comes at less than 4 kB a second, is too large, or is another file
        than was wanted.
    """
    _require_web(wanted.url, trusted=wanted.trusted)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path, report):
            if path.is_file() and wanted.sha256 == sha256(path):
                return wanted.sha256
            return _fetch(wanted, path, report)
    except HTTPError as error:
        raise TransferFailed(f"the server answered {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise TransferFailed(str(getattr(error, "reason", None) or error)) from error


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def part_of(path: Path) -> Path:
    """Return where a file grows before it is complete."""
    return path.with_name(path.name + ".part")


def lock_of(path: Path) -> Path:
    """Return the file whose lock belongs to the one who fetches."""
    return path.with_name(path.name + ".lock")


@contextmanager
def _alone(path: Path, report: Report) -> Iterator[None]:
    """Wait until nobody else fetches the file."""
    with lock_of(path).open("w") as lock:
        while not _locked(lock):
            report(0.0)
            time.sleep(TICK)
        yield


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _fetch(wanted: Wanted, path: Path, report: Report) -> str:
    part = part_of(path)
    if wanted.sha256 is None:
        part.unlink(missing_ok=True)
    begun_before = part.is_file()
    found = _complete(wanted, part, report)
    if wanted.sha256 not in (None, found) and begun_before:
        part.unlink()
        found = _complete(wanted, part, report)
    if wanted.sha256 not in (None, found):
        part.unlink()
        raise TransferFailed(f"what came is another file: its SHA-256 is {found}")
    part.replace(path)
    report(1.0)
    return found


class _Meter:
    """How much is there, and whether enough comes."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.have, self.total = 0, 0  # bytes; a total of 0 is not known
        self._before, self._since = 0, time.monotonic()

    def begin(self, have: int, total: int | None) -> None:
        """An answer has come, which goes on from there."""
        self.have, self.total = have, total or 0
        self._before = min(self._before, have)

    def look(self) -> None:
        """Report. Raises TransferFailed where hardly anything comes."""
        now = time.monotonic()
        if now - self._since > SPELL:
            if self.have - self._before < LEAST:
                raise TransferFailed(f"less than {LEAST:,} bytes came in {SPELL:.0f} seconds")
            self._before, self._since = self.have, now
        self._report(min(self.have / self.total, 1.0) if self.total else 0.0)


def _complete(wanted: Wanted, part: Path, report: Report) -> str:
    """Connect until all of it is there; returns its SHA-256."""
    meter = _Meter(report)
    for attempt in range(ATTEMPTS):
        try:
            _take(wanted, part, meter)
            return sha256(part)
        except (_Cut, ConnectionError, TimeoutError, http.client.IncompleteRead):
            if attempt + 1 == ATTEMPTS:
                raise TransferFailed("the connection was cut") from None
        if wanted.sha256 is None:
            part.unlink(missing_ok=True)
    raise AssertionError("the last attempt returns or raises")


def _take(wanted: Wanted, part: Path, meter: _Meter) -> None:
    """Take what is still wanted from one connection."""
    have = part.stat().st_size if part.is_file() else 0
    if have and have == wanted.size:
        return
    with Feed(lambda: _opened(wanted, have)) as feed:
        answer = next(pieces := _awake(feed, meter))
        have = have if _continues(answer, have) else 0
        meter.begin(have, _total(wanted, answer, have))
        with part.open("r+b" if have else "wb") as file:
            file.seek(have)
            for block in pieces:
                meter.have += len(block)
                if meter.have > (meter.total or LARGEST):
                    raise TransferFailed("it is larger than it should be")
                file.write(block)
                meter.look()
    if meter.have < meter.total:
        raise _Cut


def _awake(feed: Feed, meter: _Meter) -> Iterator[Any]:
    """The answer and then its blocks, as they come; the meter looks meanwhile."""
    while True:
        piece = feed.get(TICK)
        if piece is None:
            meter.look()
        elif piece == b"":
            return
        else:
            yield piece


@contextmanager
def _opened(wanted: Wanted, have: int) -> Iterator[Any]:
    """Ask for the rest; where the server does not know that rest, for all of it."""
    opener = build_opener(_Redirects(trusted=wanted.trusted))
    headers = {"User-Agent": "audiophile", "Accept-Encoding": "identity"}
    ranged = headers | ({"Range": f"bytes={have}-"} if have else {})
    try:
        answer = opener.open(Request(wanted.url, headers=ranged), timeout=PATIENCE)
    except HTTPError as error:
        if error.code != http.client.REQUESTED_RANGE_NOT_SATISFIABLE or not have:
            raise
        answer = opener.open(Request(wanted.url, headers=headers), timeout=PATIENCE)
    with answer:
        yield answer


def _continues(answer: Any, have: int) -> bool:
    span: str = answer.headers.get("Content-Range", "")
    partial: bool = answer.status == http.client.PARTIAL_CONTENT
    return partial and span.startswith(f"bytes {have}-")


def _total(wanted: Wanted, answer: Any, have: int) -> int | None:
    """Bytes of the whole file. Raises TransferFailed where it is not the wanted size."""
    length = answer.headers.get("Content-Length", "")
    said = have + int(length) if length.isdigit() else None
    if wanted.size and said and said != wanted.size:
        raise TransferFailed(f"it has {said:,} bytes, not {wanted.size:,}")
    if said and said > LARGEST:
        raise TransferFailed("it is larger than it should be")
    return wanted.size or said


class _Redirects(HTTPRedirectHandler):
    """Follows the server elsewhere, but not out of https."""

    def __init__(self, *, trusted: bool) -> None:
        self._trusted = trusted

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        _require_web(newurl, trusted=self._trusted)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _require_web(url: str, *, trusted: bool) -> None:
    allowed = ("https", "http") if trusted else ("https",)
    if urlsplit(url).scheme not in allowed:
        raise TransferFailed(f"{url} is not an address that starts with {allowed[0]}://")
