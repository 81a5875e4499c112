"""All models over one file: one decoding, every model's answer, reasons when there is none."""

import numpy as np
import pytest

from audio import io, tagging
from audio.clip import Clip
from audio.errors import Silent, TooLong, TooShort
from audio.key import KEYS, KeyModel
from audio.models import Model, Probabilities, Tagging, WindowModel
from audio.progress import Report, ignore
from audio.tagging import able_models, hear_file, models, tag_file
from audio.weights import WeightsMissing

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


class Broken(Length):
    """Breaks down at one of its steps."""

    name = "broken"

    def __init__(self, step: str) -> None:
        super().__init__(8_000)
        self.step = step

    def _try(self, step: str) -> None:
        if self.step == step:
            raise RuntimeError("a path of this machine")

    @property
    def missing(self) -> str:
        self._try("missing")
        return ""

    def prepare(self, report: Report = ignore) -> None:
        self._try("prepare")

    def listen(self) -> Length:
        self._try("listen")
        return self

    def hear(self, piece: Clip) -> None:
        self._try("hear")

    def tagging(self, report: Report = ignore) -> Tagging:
        self._try("tagging")
        return super().tagging(report)


STEPS = ("missing", "prepare", "listen", "hear", "tagging")


@pytest.mark.parametrize("step", STEPS)
def test_one_that_is_broken_does_not_take_the_others_down(song, step, caplog):
    heard = hear_file(song, asked=[Broken(step), Length(8_000)])
    assert [said.model for said in heard.taggings] == ["length"]
    assert list(heard.failed) == ["broken"] and not heard.missing and not heard.unsaid
    assert "RuntimeError" in heard.failed["broken"]
    assert "a path" not in heard.failed["broken"] and "a path" in caplog.text


def test_where_all_are_broken_that_is_not_the_recordings_fault(song):
    heard = hear_file(song, asked=[Broken("hear")])
    assert heard.taggings == [] and list(heard.failed) == ["broken"]


class Answers(WindowModel):
    """Answers whatever it is told to."""

    name = "answers"
    version = "1"
    labels = ("a", "b")

    def __init__(self, *row: float) -> None:
        self.row = row

    def judge(self, window: Clip) -> Probabilities:
        return np.array(self.row, np.float32)


@pytest.mark.parametrize("row", [(0.5,), (0.2, 0.3, 0.5), (np.nan, 0.5), (1.2, 0.0), (-0.1, 0.1)])
def test_what_is_no_probability_for_each_label_is_refused(song, row):
    assert list(hear_file(song, asked=[Answers(*row), Answers(0.4, 0.6)]).failed) == ["answers"]
    with pytest.raises(ValueError, match="answers"):
        Answers(*row).predict(io.read(song, sample_rate=RATE, channels=1))


class Unfetched(Length):
    """Its file does not come."""

    name = "unfetched"

    def prepare(self, report: Report = ignore) -> None:
        report(0.5)
        raise WeightsMissing("a path of this machine")


def test_one_whose_file_does_not_come_is_missing(song):
    reports: list[float] = []
    heard = hear_file(
        song, reports.append, [Unfetched(8_000), Length(8_000, shortest=60), KeyModel()]
    )
    assert heard.missing == {"unfetched": "Its pretrained file could not be fetched."}
    assert heard.unsaid == {"length": "The recording is too short for this."}
    assert [said.model for said in heard.taggings] == ["key"]
    assert reports == sorted(reports)
    with pytest.raises(WeightsMissing, match="could not be fetched"):
        tag_file(song, asked=[Unfetched(8_000)])


class Swallows(Length):
    """Goes on whatever its report raises."""

    def tagging(self, report: Report = ignore) -> Tagging:
        try:
            return super().tagging(report)
        except KeyError:
            return super().tagging()


@pytest.mark.parametrize("kind", [Length, Swallows, Unfetched])
@pytest.mark.parametrize("after", [0.04, 0.95])
def test_cancelling_goes_through_every_model(song, kind, after):
    def cancel(fraction: float) -> None:
        if fraction > after:
            raise KeyError("cancelled")

    with pytest.raises(KeyError):
        tag_file(song, cancel, [kind(8_000), Length(8_000)])


def test_the_seconds_are_those_that_were_decoded(song):
    assert hear_file(song, asked=[Length(8_000)]).seconds == pytest.approx(8.0, abs=0.01)
    assert hear_file(song, asked=[]).seconds == 0.0


def test_a_recording_that_goes_on_for_too_long_is_refused(song):
    assert hear_file(song, asked=[Length(8_000)], longest=8.5).taggings
    with pytest.raises(TooLong, match="longer than"):
        hear_file(song, asked=[Length(8_000)], longest=7.5)


def test_an_offset_is_silence():
    offset = Clip(np.full((1, 2 * RATE), 0.3, np.float32), RATE)
    with pytest.raises(Silent):
        Answers(0.4, 0.6).predict(offset)


def test_a_model_that_cannot_be_made_is_named_and_left_out(monkeypatch, caplog):
    here = "tests.audio.test_tagging"
    paths = ["audio.key.KeyModel", "audio.no.Model", f"{here}.Broken", f"{here}.STEPS"]
    monkeypatch.setenv("AUDIOPHILE_MODELS", ",".join(paths))
    able, problems = able_models()
    assert [model.name for model in able] == ["key"]
    assert list(problems) == paths[1:]
    assert "TypeError" in problems[f"{here}.Broken"]
    assert all(path in sentence for path, sentence in problems.items())
