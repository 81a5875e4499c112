"""All models over one file: one decoding, every model's answer, reasons when there is none."""

import numpy as np
import pytest

from audio import io, tagging
from audio.clip import Clip
from audio.errors import Silent, TooShort
from audio.key import KEYS
from audio.models import Model, Tagging
from audio.progress import Report, ignore
from audio.tagging import models, tag_file

RATE = 22_050


@pytest.fixture
def song(tmp_path):
    t = np.arange(8 * RATE) / RATE
    chord = sum(np.sin(2 * np.pi * pitch * t) for pitch in (220.0, 261.6, 329.6))
    click = np.random.default_rng(0).standard_normal(len(t)) * np.exp(-50 * (t % 0.5))
    path = tmp_path / "song.flac"
    io.write(path, Clip((0.1 * chord + 0.3 * click).astype(np.float32)[None], RATE))
    return path


class Length(Model):
    """A model that answers with the length, at a sample rate of its own."""

    name = "length"
    version = "1"
    labels = ("short", "long")

    def __init__(self, sample_rate: int, shortest: float = 0.0) -> None:
        self.sample_rate = sample_rate
        self.shortest = shortest
        self.heard = 0.0

    def listen(self) -> "Length":
        return self

    def hear(self, piece: Clip) -> None:
        assert (piece.channels, piece.sample_rate) == (1, self.sample_rate)
        self.heard += piece.seconds

    def tagging(self, report: Report = ignore) -> Tagging:
        if self.heard < self.shortest:
            raise TooShort("The recording is too short for this.")
        report(1.0)
        row = np.array([[0.0, 1.0]], np.float32)
        starts = np.zeros(1)
        return Tagging(
            "length", "1", {}, self.labels, row, starts, self.heard, "long", 1.0, self.heard
        )


def test_every_shipped_model_answers(song):
    reports: list[float] = []
    taggings = tag_file(song, reports.append)
    said_by = {said.model: said for said in taggings}
    able = [model.name for model in models() if not model.missing]
    assert list(said_by) == able
    assert {"genre-ensemble", "genre-forest", "tempo", "key"} <= set(able)
    assert said_by["tempo"].value == pytest.approx(120, rel=0.02)
    assert said_by["key"].label == "A minor"
    assert said_by["key"].labels == KEYS
    for said in taggings:
        assert said.probabilities.shape == (len(said.starts), len(said.labels))
        assert said.probabilities.dtype == np.float32
        assert 0 <= said.confidence <= 1
    assert reports == sorted(reports)
    assert reports[-1] == 1.0


def test_models_hear_the_whole_file_at_their_own_rate(song):
    asked = [Length(8_000), Length(16_000), Length(8_000)]
    said = tag_file(song, asked=asked)
    assert [tagging.value for tagging in said] == pytest.approx([8.0] * 3, abs=0.01)


def test_a_model_that_cannot_say_anything_is_left_out(song):
    assert len(tag_file(song, asked=[Length(8_000), Length(8_000, shortest=60)])) == 1
    with pytest.raises(TooShort):
        tag_file(song, asked=[Length(8_000, shortest=60)])


def test_silence_is_refused(tmp_path):
    io.write(tmp_path / "silence.wav", Clip(np.zeros((1, 5 * RATE), np.float32), RATE))
    with pytest.raises(Silent):
        tag_file(tmp_path / "silence.wav")


def test_one_sample_is_too_short(tmp_path):
    io.write(tmp_path / "blip.wav", Clip(np.full((1, 1), 0.5, np.float32), 2 * RATE))
    with pytest.raises(TooShort):
        tag_file(tmp_path / "blip.wav")


def test_cancelling_goes_through(song):
    def cancel(fraction: float) -> None:
        raise KeyError("cancelled")

    with pytest.raises(KeyError):
        tag_file(song, cancel, [Length(8_000)])


def test_the_environment_chooses_the_models(monkeypatch):
    shipped = [model.name for model in models()]
    assert shipped[:3] == ["genre-ensemble", "genre-forest", "genre-convnet"]
    monkeypatch.setenv("AUDIOPHILE_MODELS", "audio.key.KeyModel, audio.beats.TempoModel")
    assert [model.name for model in models()] == ["key", "tempo"]
    for nowhere in ("audio.nothing.Model", "audio.key.Nothing", "nothing"):
        monkeypatch.setenv("AUDIOPHILE_MODELS", nowhere)
        with pytest.raises(ValueError, match=nowhere):
            tagging.models()
