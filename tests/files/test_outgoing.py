"""Requests to other machines: only to those that may be asked, and never for too long."""

import datetime
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from apps.files.outgoing import (
    Limits,
    OutgoingRefused,
    World,
    clean_url,
    download,
    post_json,
)  # fmt: skip

LIMITS = Limits(size=100_000, silence=2.0, total=5.0)
TLS_HELLO = b"\x16"
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nmusic"


@contextmanager
def listening(answer, address="127.0.0.1", tls=None) -> Iterator["Listener"]:
    """A server that says these bytes (or lets a function say them) to whoever connects."""
    listener = Listener(answer, address, tls)
    thread = threading.Thread(target=listener.serve, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        listener.over.set()
        listener.sock.close()
        thread.join(5)


class Listener:
    def __init__(self, answer, address, tls) -> None:
        self.answer, self.tls = answer, tls
        self.sock = socket.create_server((address, 0))
        self.sock.settimeout(0.1)
        self.port = self.sock.getsockname()[1]
        self.over = threading.Event()
        self.heard: list[bytes] = []

    def serve(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self.sock.accept()
            except OSError:
                continue
            try:
                self._talk(connection)
            except OSError:
                continue

    def _talk(self, connection: socket.socket) -> None:
        connection.settimeout(3)
        with (
            self.tls.wrap_socket(connection, server_side=True) if self.tls else connection as line
        ):
            said = b""
            while b"\r\n\r\n" not in said and not said.startswith(TLS_HELLO):
                said += line.recv(65_536)
            self.heard.append(said)
            if callable(self.answer):
                self.answer(line)
            else:
                line.sendall(self.answer)


def world(*answers: str, **kwargs) -> World:
    """Names that mean these addresses, one after the other, and the last one ever after."""
    left = list(answers)

    def resolve(host, port, **_):
        address = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    return World(resolve=resolve, **kwargs)


@pytest.fixture
def fetch(tmp_path):
    def fetch(url, limits=LIMITS, **kwargs):
        fetch.path = tmp_path / "fetched"
        return download(url, fetch.path, limits=limits, **kwargs)

    return fetch


@pytest.fixture
def allowed(settings):
    """127.0.0.1 stands for the open internet."""
    settings.OUTGOING_ALLOW = ["127.0.0.1"]


def refusal(call) -> str:
    with pytest.raises(OutgoingRefused) as caught:
        call()
    assert str(caught.value).endswith(".")
    return caught.value.code


# -- where to ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:7f00:1]"]
)
def test_the_machine_itself_is_not_asked_however_it_is_spelt(host, fetch):
    with listening(FINE) as server:
        assert refusal(lambda: fetch(f"http://{host}:{server.port}/")) == "not_public"
        assert server.heard == []


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://example.org/x", "gopher://x", "//example.org", "http://", "x",
     "http://[::1", "http://a:99999/", "http://" + "a" * 300 + "/"],
)  # fmt: skip
def test_only_addresses_of_the_web_are_asked(url, fetch):
    assert refusal(lambda: fetch(url)) == "url"


def test_a_name_that_changes_its_meaning_leads_to_the_checked_address(fetch, settings):
    """127.0.0.2 stands for a public address: the name means 127.0.0.1 when asked again."""
    settings.OUTGOING_ALLOW = ["127.0.0.2"]
    with listening(FINE, "127.0.0.2") as public:
        fetched = fetch(f"http://music.test:{public.port}/", world=world("127.0.0.2", "127.0.0.1"))
    assert fetched.size == 5
    assert fetch.path.read_bytes() == b"music"
    assert f"Host: music.test:{public.port}\r\n".encode() in public.heard[0]


def test_a_name_is_refused_when_one_of_its_addresses_is_not_public(fetch, allowed):
    def resolve(host, port, **_):
        both = ["127.0.0.1", "127.0.0.9"]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in both]

    with listening(FINE) as server:
        url = f"http://music.test:{server.port}/"
        assert refusal(lambda: fetch(url, world=World(resolve=resolve))) == "not_public"


def test_an_unknown_name_is_told(fetch):
    def resolve(*_, **__):
        raise socket.gaierror

    assert (
        refusal(lambda: fetch("http://no.test/", world=World(resolve=resolve))) == "unknown_host"
    )


# -- redirects -----------------------------------------------------------------------------------


def moved(to: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nSet-Cookie: a=b\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("http://127.0.0.1:1/", "not_public"), ("http://169.254.169.254/latest", "not_public"),
        ("//[::1]/", "not_public"), ("file:///etc/passwd", "url"), ("javascript:1", "url"),
        ("/", "redirects"), ("", "redirects"),
    ],
)  # fmt: skip
def test_redirects_are_checked_too(to, code, fetch, settings):
    settings.OUTGOING_ALLOW = ["127.0.0.2"]
    with listening(moved(to), "127.0.0.2") as public:
        assert refusal(lambda: fetch(f"http://127.0.0.2:{public.port}/")) == code
    assert len(public.heard) == (6 if code == "redirects" else 1)


def test_a_redirect_is_followed_without_password_or_cookie(fetch, allowed):
    with listening(FINE) as last:
        with listening(moved(f"http://me:secret@127.0.0.1:{last.port}/a b.mp3")) as first:
            fetched = fetch(f"http://you:secret@127.0.0.1:{first.port}/")
        heard = b"".join(first.heard + last.heard).lower()
    assert fetched.name == "a b.mp3"
    assert b"secret" not in heard and b"authorization" not in heard and b"cookie" not in heard


def test_no_proxy_of_the_environment_is_used(fetch, allowed, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with listening(FINE) as server:
        assert fetch(f"http://127.0.0.1:{server.port}/").size == 5


# -- how much ------------------------------------------------------------------------------------


def endless(line) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        line.sendall(b"x" * 10_000)


def chunks(line) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        line.sendall(b"2000\r\n" + b"x" * 8192 + b"\r\n")


@pytest.mark.parametrize(
    "answer", [endless, chunks, b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n"]
)
def test_too_much_is_refused_whether_announced_or_not(answer, fetch, allowed):
    with listening(answer) as server:
        assert refusal(lambda: fetch(f"http://127.0.0.1:{server.port}/")) == "too_large"


@pytest.mark.parametrize("begin", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "])
def test_a_slow_drip_is_given_up(begin, fetch, allowed):
    def drip(line) -> None:
        line.sendall(begin)
        while True:
            line.sendall(b"x")
            time.sleep(0.05)

    limits = Limits(size=100_000, silence=0.5, total=0.7)
    with listening(drip) as server:
        began = time.monotonic()
        assert refusal(lambda: fetch(f"http://127.0.0.1:{server.port}/", limits)) == "too_slow"
    assert time.monotonic() - began < 2


def silent(line) -> None:
    line.recv(1)


def test_silence_is_given_up(fetch, allowed):
    limits = Limits(size=100_000, silence=0.3, total=60)
    with listening(silent) as server:
        assert refusal(lambda: fetch(f"http://127.0.0.1:{server.port}/", limits)) == "too_slow"


def test_whoever_listens_can_cancel_while_nothing_comes(fetch, allowed):
    class Cancelled(Exception):
        pass

    def cancel(received, total):
        raise Cancelled

    with listening(silent) as server, pytest.raises(Cancelled):
        fetch(
            f"http://127.0.0.1:{server.port}/", Limits(size=1, silence=60, total=60), hear=cancel
        )


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nmusic", "cut_off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nmus", "broken"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nx", "encoded"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "status"),
        (b"HTTP/1.1 206 Partial\r\n\r\nx", "status"),
        (b"SSH-2.0-OpenSSH_9\r\n", "broken"),
        (b"", "broken"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "broken"),
    ],
)
def test_what_is_no_file_is_told(answer, code, fetch, allowed):
    with listening(answer) as server:
        assert refusal(lambda: fetch(f"http://127.0.0.1:{server.port}/")) == code


def test_nobody_there_is_told(fetch, allowed):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert refusal(lambda: fetch(f"http://127.0.0.1:{port}/")) == "unreachable"


def test_what_fails_here_is_no_fault_of_the_sender(allowed, tmp_path):
    with listening(FINE) as server, pytest.raises(IsADirectoryError):
        download(f"http://127.0.0.1:{server.port}/", tmp_path, limits=LIMITS)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="Take Five.mp3"', "Take Five.mp3"),
        ("attachment; filename*=UTF-8''%E2%99%AB.mp3", "♫.mp3"),
        ("attachment", "from%2Faddress.mp3"),
        ('"; filename', "from%2Faddress.mp3"),
    ],
)
def test_the_sender_says_what_the_file_is_called(header, name, fetch, allowed):
    answer = FINE.replace(b"\r\n", f"\r\nContent-Disposition: {header}\r\n".encode(), 1)
    with listening(answer) as server:
        assert fetch(f"http://127.0.0.1:{server.port}/x/from%252Faddress.mp3").name == name


# -- who it is -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of music.test, and the names that clients asked for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "music.test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("music.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("certificate")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )  # fmt: skip
    return folder


@pytest.fixture
def secured(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    context.asked_for = []
    context.sni_callback = lambda _, name, __: context.asked_for.append(name)
    return context


def trusting(certificate):
    return lambda: ssl.create_default_context(cafile=str(certificate / "cert.pem"))


def test_a_certificate_must_bear_the_name_that_was_asked_for(fetch, allowed, certificate, secured):
    there = world("127.0.0.1", tls=trusting(certificate))
    with listening(FINE, tls=secured) as server:
        assert fetch(f"https://music.test:{server.port}/", world=there).size == 5
        wrong = f"https://other.test:{server.port}/"
        assert refusal(lambda: fetch(wrong, world=there)) == "certificate"
    assert secured.asked_for == ["music.test", "other.test"]


def test_a_certificate_of_nobody_known_is_refused(fetch, allowed, secured):
    with listening(FINE, tls=secured) as server:
        url = f"https://music.test:{server.port}/"
        assert refusal(lambda: fetch(url, world=world("127.0.0.1"))) == "certificate"


def test_no_tls_where_it_should_be(fetch, allowed):
    with listening(FINE) as server:
        assert refusal(lambda: fetch(f"https://127.0.0.1:{server.port}/")) in {
            "unreachable", "broken"
        }  # fmt: skip


# -- callbacks -----------------------------------------------------------------------------------


def test_json_is_told_to_another_machine(allowed):
    with listening(FINE) as server:
        url = f"http://127.0.0.1:{server.port}/hook"
        assert post_json(url, {"state": "done"}, {"X-Signature": "abc"}) == 200
    said = server.heard[0]
    assert said.startswith(b"POST /hook ") and b"X-Signature: abc" in said


def test_a_callback_follows_no_redirect_and_asks_nothing_inside(allowed):
    with listening(moved("/")) as server:
        assert post_json(f"http://127.0.0.1:{server.port}/", {}) == 302
    assert len(server.heard) == 1
    assert refusal(lambda: post_json("http://10.0.0.1/", {})) == "not_public"


def test_an_address_is_made_plain():
    assert clean_url(" http://me:pw@Müsik.example:80/ä b?q=1&r#x ") == (
        "http://xn--msik-0ra.example:80/%C3%A4%20b?q=1&r"
    )
