"""Recordings from the web: fetched by a worker, taken in like an upload."""

import http.server
import threading
from functools import partial

import pytest

from apps.files.importing import fetch
from apps.files.models import Track
from apps.files.names import file_name
from apps.jobs import runner
from apps.jobs.models import Job

pytestmark = pytest.mark.django_db


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_) -> None:
        """Say nothing."""


@pytest.fixture
def site(tmp_path, settings):
    """A web server with a folder, which counts as public; its address."""
    settings.OUTGOING_ALLOW = ["127.0.0.1"]
    handler = partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def ask(api):
    return lambda url, client=api: client.post("/api/files/import", {"url": url}, format="json")


def test_a_song_is_fetched_and_read(ask, site, song, work, api, settings):
    song("Take Five.flac")
    answer = ask(f"{site}/Take%20Five.flac")
    assert (answer.status_code, answer.json()["kind"]) == (202, "import")
    assert answer.json()["label"] == "Fetch “Take Five.flac” from 127.0.0.1"
    work()
    track = Track.objects.get()
    assert (track.title, track.state, track.filename) == ("Take Five", "ready", "Take Five.flac")
    job = api.get(f"/api/jobs/{answer.json()['id']}").json()
    assert (job["state"], job["page"]) == ("done", f"/songs/{track.pk}/")
    assert not list(settings.SCRATCH.iterdir())


def test_asking_twice_while_it_runs_is_one_job(ask, site, song, work, their_api):
    song()
    first, second = ask(f"{site}/song.wav"), ask(f"{site}/song.wav#again")
    assert first.json()["id"] == second.json()["id"]
    assert ask(f"{site}/song.wav", their_api).json()["id"] != first.json()["id"]
    work()
    assert ask(f"{site}/song.wav").json()["id"] != first.json()["id"]


@pytest.mark.parametrize(
    ("path", "code"), [("/missing.mp3", "status"), ("/letter.mp3", "not_audio")]
)
def test_what_cannot_be_had_fails_with_a_sentence(path, code, ask, site, tmp_path, work, api):
    (tmp_path / "letter.mp3").write_text("this is a letter, not a song\n" * 50)
    answer = ask(site + path)
    work()
    job = api.get(f"/api/jobs/{answer.json()['id']}").json()
    assert (job["state"], job["error"]["code"]) == ("failed", code)
    assert job["error"]["message"].endswith(".")
    assert not Track.objects.exists()


def test_the_inside_of_a_network_is_not_fetched_from(ask, work, api):
    answer = ask("http://169.254.169.254/latest/meta-data/")
    work()
    job = api.get(f"/api/jobs/{answer.json()['id']}").json()
    assert job["error"]["code"] == "not_public"


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "song.mp3", "http://x\0y/", "x" * 2000])
def test_what_is_no_address_is_a_bad_request(url, ask):
    answer = ask(url)
    assert answer.status_code == 400
    assert "url" in answer.json()["error"]["fields"]
    assert not Job.objects.exists()


def test_passwords_are_not_kept(ask):
    answer = ask("https://me:secret@example.org/song.mp3")
    assert "secret" not in answer.content.decode()
    assert Job.objects.get().import_wish.url == "https://example.org/song.mp3"


def test_cancelling_keeps_nothing(ask, site, song, settings):
    song()
    ask(f"{site}/song.wav")
    job = Job.claim_next("fast", "test:1:1")
    Job.objects.get().cancel()
    runner.run(job, fetch)
    assert not Track.objects.exists() and not list(settings.SCRATCH.iterdir())


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\songs\\a.mp3", "a.mp3"), ("a\0b\n.mp3", "ab.mp3"),
        ("..", "song"), ("", "song"), ("   ", "song"), ("x" * 300 + ".flac", "x" * 250 + ".flac"),
        ("🎸.mp3", "🎸.mp3"),
    ],
)  # fmt: skip
def test_names_are_only_names(given, kept):
    assert file_name(given) == kept
