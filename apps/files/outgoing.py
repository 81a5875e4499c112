"""Every request the product makes to other machines: to public ones only, within limits.

The name is resolved once; all its addresses are checked, and the connection goes to a checked one,
so that a name whose meaning changes in between leads nowhere else. Redirects are followed by hand
and checked the same way. There is no proxy, no cookie, and no password.
"""

import json
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit, urlunsplit

from django.conf import settings

from apps.files.addresses import Exceptions, is_public, parse
from apps.files.line import Line, Pace, TooSlow

BLOCK = 256 * 1024  # bytes
REDIRECTS = 5
MOVED = {301, 302, 303, 307, 308}
PORTS = {"http": 80, "https": 443}
CONNECT = 10.0  # seconds
SENT = {
    "User-Agent": "Audiophile", "Accept": "*/*", "Accept-Encoding": "identity",
    "Connection": "close",
}  # fmt: skip
WEB_CHARACTERS = "/%:=&?~#+!$,;'@()*[]"

Heard = Callable[[int, int | None], None]
"""Takes the bytes that have come, and how many there will be, if that is known. It may raise."""


class OutgoingRefused(Exception):
    """A request that was not made, or not finished; the text is for whoever wanted it."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Limits:
    """How much of what a request may take: bytes, and seconds."""

    size: int
    silence: float = 30.0  # without a single byte
    total: float = 3600.0


@dataclass(frozen=True)
class World:
    """How names become addresses, and whose certificates count."""

    resolve: Callable[..., list[Any]] = socket.getaddrinfo
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context


@dataclass(frozen=True)
class Fetched:
    """What came, and what its sender calls it."""

    url: str
    size: int
    name: str


THE_WORLD = World()


def nothing(received: int, total: int | None) -> None:
    """Hear how far it is, and do nothing."""


def clean_url(url: str) -> str:
    """The address without name, password and fragment; refuse what is no web address."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError as error:  # UnicodeError is one
        raise OutgoingRefused("url", "This is not a web address.") from error
    if parts.scheme not in PORTS or not host:
        raise OutgoingRefused("url", "The address must start with http:// or https://.")
    place = f"[{host}]" if ":" in host else host
    path, query = (quote(part, safe=WEB_CHARACTERS) for part in (parts.path, parts.query))
    where = place if port is None else f"{place}:{port}"
    return urlunsplit((parts.scheme, where, path or "/", query, ""))


def public_url(url: str) -> str:
    """The same, refused too when it names a machine by an address that is not public.

    Nothing is asked of the network: what a name stands for is found out when it is talked to.
    """
    url = clean_url(url)
    parts = urlsplit(url)
    host = str(parts.hostname).rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        host = "127.0.0.1"
    with suppress(socket.gaierror):  # it is a name
        found = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
        _require_public(str(parts.hostname), found)
    return url


def download(
    url: str, target: Path, *, limits: Limits, hear: Heard = nothing, world: World = THE_WORLD
) -> Fetched:
    """Fetch an address into a file, in bounded blocks; raise `OutgoingRefused` otherwise."""
    pace = Pace(limits.silence, limits.total)
    pace.heard = lambda: hear(pace.received, pace.expected)
    url = clean_url(url)
    for _ in range(REDIRECTS + 1):
        with _answer(url, "GET", None, {}, pace, world) as response:
            if response.status not in MOVED:
                _require_content(url, response, limits)
                size = _save(url, response, target, limits, pace)
                return Fetched(url, size, _name(url, response))
            url = clean_url(urljoin(url, response.headers.get("Location", "")))
    raise OutgoingRefused("redirects", "This address leads to another one too many times.")


def post_json(
    url: str, body: Any, headers: Mapping[str, str] | None = None, *, world: World = THE_WORLD
) -> int:
    """Tell another machine something; its status. A redirect is not followed."""
    return post_bytes(url, json.dumps(body).encode(), headers, world=world)


def post_bytes(
    url: str,
    content: bytes,
    headers: Mapping[str, str] | None = None,
    *,
    seconds: float = 20.0,
    world: World = THE_WORLD,
) -> int:
    """The same with JSON that is written down already: a signature is of these very bytes."""
    pace = Pace(silence=seconds / 2, total=seconds)
    sent = {**(headers or {}), "Content-Type": "application/json"}
    with _answer(clean_url(url), "POST", content, sent, pace, world) as response:
        return response.status


@contextmanager
def _answer(
    url: str, method: str, body: bytes | None, headers: Mapping[str, str], pace: Pace, world: World
) -> Iterator[HTTPResponse]:
    """The head of an answer; its body is still to be read."""
    parts = urlsplit(url)
    with ExitStack() as opened:
        with _told(url):
            sock = opened.enter_context(_connected(parts, pace, world))
            connection = HTTPConnection(parts.netloc)
            connection.sock = Line(sock, pace)
            path = urlunsplit(("", "", parts.path, parts.query, ""))
            connection.request(method, path, body, {**SENT, **headers})
            response = connection.getresponse()
        yield response


def _connected(parts: SplitResult, pace: Pace, world: World) -> socket.socket:
    """A connection to a checked address, under the name that was asked for."""
    host = str(parts.hostname)
    sock = _dial(_checked(host, parts.port or PORTS[parts.scheme], world), pace)
    if parts.scheme == "http":
        return sock
    with sock:  # wrapping takes the connection over; what is closed here is an empty shell
        return world.tls().wrap_socket(sock, server_hostname=host)


def _checked(host: str, port: int, world: World) -> list[Any]:
    """What the name stands for; refused when any of it is not public."""
    try:
        found = world.resolve(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise OutgoingRefused("unknown_host", f"There is no machine called {host}.") from error
    _require_public(host, found)
    return found


def _require_public(host: str, found: list[Any]) -> None:
    allowed = Exceptions.of(settings.OUTGOING_ALLOW)
    for *_, place in found:
        address = parse(place[0])
        if not is_public(address) and not allowed.allow(host, address):
            sentence = f"{host} is not on the open internet, so this server does not talk to it."
            raise OutgoingRefused("not_public", sentence)


def _dial(found: list[Any], pace: Pace) -> socket.socket:
    """The first of these that answers."""
    problem: OSError = OSError("no address")
    for family, kind, protocol, _, place in found:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(min(CONNECT, pace.patience))
            sock.connect(place)
        except OSError as error:
            sock.close()
            problem = error
        else:
            return sock
    raise problem


@contextmanager
def _told(url: str) -> Iterator[None]:
    """What goes wrong between two machines, in a sentence."""
    host = urlsplit(url).hostname
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        sentence = f"The certificate of {host} is not valid, so it may be somebody else."
        raise OutgoingRefused("certificate", sentence) from error
    except (TooSlow, TimeoutError) as error:
        raise OutgoingRefused("too_slow", f"{host} takes too long to answer.") from error
    except (HTTPException, ValueError) as error:
        raise OutgoingRefused("broken", f"{host} does not answer as web servers do.") from error
    except OSError as error:
        sentence = f"{host} cannot be reached, or broke the connection off."
        raise OutgoingRefused("unreachable", sentence) from error


# -- what came -----------------------------------------------------------------------------------


def _require_content(url: str, response: HTTPResponse, limits: Limits) -> None:
    host = urlsplit(url).hostname
    if response.status != HTTPStatus.OK:
        reason = f"{response.status} {response.reason}".strip()
        raise OutgoingRefused("status", f"{host} answered “{reason}” instead of sending the file.")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise OutgoingRefused("encoded", f"{host} sends the file packed, which was not asked for.")
    if response.length is not None and response.length > limits.size:
        raise _too_large(limits)


def _save(url: str, response: HTTPResponse, target: Path, limits: Limits, pace: Pace) -> int:
    """Write the body as it comes; how many bytes that were."""
    pace.expected = response.length
    with target.open("wb") as file:
        for block in _blocks(url, response):
            pace.received += len(block)
            if pace.received > limits.size:
                raise _too_large(limits)
            file.write(block)
    if pace.expected is not None and pace.received < pace.expected:
        host = urlsplit(url).hostname
        raise OutgoingRefused("cut_off", f"{host} broke off before the file was whole.")
    return pace.received


def _blocks(url: str, response: HTTPResponse) -> Iterator[bytes]:
    while True:
        with _told(url):
            block = response.read(BLOCK)
        if not block:
            return
        yield block


def _too_large(limits: Limits) -> OutgoingRefused:
    sentence = f"This file is larger than the {limits.size // 2**20} MB this server takes."
    return OutgoingRefused("too_large", sentence)


def _name(url: str, response: HTTPResponse) -> str:
    """What the sender calls the file, or else the last part of its address."""
    head = Message()
    head["Content-Disposition"] = response.headers.get("Content-Disposition", "")
    return head.get_filename() or unquote(urlsplit(url).path.rpartition("/")[2])
