"""A clip that is tried by hand: heard, told, and not kept; all of it without JavaScript too."""

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.files.models import Blob, Track
from apps.jobs.models import Job
from apps.predictions.models import Trial
from audio import io
from audio.clip import Clip

pytestmark = pytest.mark.django_db
PAGE = "/try/"


def send(client, path, **more):
    with path.open("rb") as file:
        return client.post(PAGE, {"file": file}, **more)


def test_a_clip_is_heard_and_not_kept(mine, song, work):
    waiting = send(mine, song())
    assert waiting.status_code == 302
    assert 'class="job"' in mine.get(waiting.url).content.decode()
    work()
    page = mine.get(waiting.url).content.decode()
    assert "What the models hear" in page
    assert page.count('<div class="lane"') >= 2
    assert not Track.objects.exists()
    assert not Blob.objects.filter(trials__isnull=False).exists()


def test_silence_is_explained(mine, tmp_path, work):
    path = tmp_path / "silence.wav"
    io.write(path, Clip(np.zeros((1, 44_100), np.float32), 22_050))
    waiting = send(mine, path)
    work()
    assert "silent" in mine.get(waiting.url).content.decode()


def test_what_is_no_clip_is_refused_with_a_sentence(mine, tmp_path):
    path = tmp_path / "words.mp3"
    path.write_text("These are words. " * 100)
    answer = send(mine, path)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    empty = mine.post(PAGE, {"file": SimpleUploadedFile("empty.wav", b"")})
    assert "This file is empty." in empty.content.decode()
    assert "Choose a file first." in mine.post(PAGE).content.decode()
    assert not Trial.objects.exists()


def test_a_clip_that_is_too_large_is_refused(mine, song, settings):
    settings.MAX_UPLOAD_BYTES = 1000
    answer = send(mine, song())
    assert answer.status_code == 413
    assert 'role="alert"' in answer.content.decode()


def test_the_answer_is_its_senders_only(mine, stranger, song, work):
    waiting = send(mine, song())
    theirs = Client()
    theirs.force_login(stranger)
    assert theirs.get(waiting.url).status_code == 404
    work()
    assert theirs.get(waiting.url).status_code == 404


def test_a_cancelled_clip_says_that_it_is_gone(mine, song):
    waiting = send(mine, song())
    mine.post(reverse("jobs:cancel", args=[Job.objects.get().pk]))
    assert "The clip is gone" in mine.get(waiting.url).content.decode()


def test_it_needs_the_forms_token(owner, song):
    wary = Client(enforce_csrf_checks=True)
    wary.force_login(owner)
    assert send(wary, song()).status_code == 403
    assert not Trial.objects.exists()
