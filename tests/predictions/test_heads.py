"""Heads trained here: installed, put into service, rolled back."""

import json
import shutil
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils.timezone import now
from numpy.lib import format as npy

from apps.predictions import archive, heads
from apps.predictions.models import PredictionModel, Reference, TrainedHead
from apps.predictions.serving import require_models, todays_models, unpacked
from audio.genre_facts import ARTEFACTS, FOREST

pytestmark = pytest.mark.django_db


@pytest.fixture
def trained(tmp_path):
    """What training writes into a folder: here that which is shipped, under another version."""

    def make(version: str = "mine") -> Path:
        folder = tmp_path / f"trained-{version}"
        shutil.copytree(ARTEFACTS, folder)
        for path in folder.glob("*.json"):
            facts = json.loads(path.read_text())
            if "version" in facts:
                path.write_text(json.dumps(facts | {"version": version}))
        return folder

    return make


def versions() -> set[str]:
    return {model.version for model in todays_models() if model.name == FOREST}


def test_a_head_in_service_hears_new_songs(trained, upload, song, work, api):
    head = heads.install(trained())
    assert head.version.startswith("mine+")
    heads.put_into_service(head)
    upload(song())
    work()
    said = Reference.objects.current().get().sets.get(model__name=FOREST)
    assert said.model.version == head.version
    assert api.get("/api/models").json()["heads"][0]["in_service_since"]


def test_installing_twice_is_one_head(trained):
    folder = trained()
    assert heads.install(folder) == heads.install(folder)
    assert TrainedHead.objects.count() == 1


def test_rolling_back_leads_to_the_one_before_and_then_to_those_shipped(trained):
    shipped = versions()
    first, second = heads.install(trained("a")), heads.install(trained("b"))
    heads.put_into_service(first)
    heads.put_into_service(second)
    assert versions() == {second.version}
    assert heads.roll_back() == first
    assert versions() == {first.version}
    assert heads.roll_back() is None
    assert versions() == shipped
    with pytest.raises(ValidationError, match="nothing to roll back"):
        heads.roll_back()


def test_those_shipped_are_something_to_roll_back_to(trained):
    first, second = heads.install(trained("a")), heads.install(trained("b"))
    heads.put_into_service(first)
    heads.put_shipped_into_service()
    heads.put_into_service(second)
    heads.put_into_service(second)
    assert heads.roll_back() is None
    assert heads.roll_back() == first
    assert heads.roll_back() is None
    with pytest.raises(ValidationError, match="nothing to roll back"):
        heads.roll_back()


def test_a_head_that_was_deleted_is_no_step_back(trained):
    first, second = heads.install(trained("a")), heads.install(trained("b"))
    for head in (first, second, first):
        heads.put_into_service(head)
    second.delete()
    assert heads.roll_back() is None


def test_putting_it_into_service_twice_changes_nothing(trained):
    head = heads.install(trained())
    heads.put_into_service(head)
    since = TrainedHead.objects.get().in_service_since
    heads.put_into_service(head)
    assert TrainedHead.objects.get().in_service_since == since


def test_two_are_never_in_service_at_once(trained):
    heads.put_into_service(heads.install(trained("a")))
    other = heads.install(trained("b"))
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainedHead.objects.filter(pk=other.pk).update(in_service_since=now())


def test_only_the_models_in_use_are_listed(trained, api):
    todays_models()
    old = PredictionModel.objects.get(name=FOREST)
    heads.put_into_service(heads.install(trained()))
    todays_models()
    old.refresh_from_db()
    assert old.place is None
    assert len(api.get("/api/models").json()["models"]) == 3


def test_a_head_is_unpacked_once(trained, settings):
    head = heads.install(trained())
    folder = unpacked(head)
    assert folder == unpacked(head) and [path.name for path in settings.HEADS.iterdir()] == [
        head.blob.sha256
    ]
    assert {path.name for path in folder.iterdir()} == {p.name for p in trained("x").iterdir()}


def test_folders_that_hold_something_else_are_refused(trained, tmp_path):
    with pytest.raises(ValidationError, match="no trained model"):
        heads.install(tmp_path / "nowhere")
    with_link = trained("link")
    (with_link / "more.json").symlink_to("/etc/passwd")
    with pytest.raises(ValidationError):
        heads.install(with_link)
    with_program = trained("program")
    (with_program / "run.py").touch()
    with pytest.raises(ValidationError, match=r"run\.py"):
        heads.install(with_program)


@pytest.mark.parametrize("name", ["../out.json", "/out.json", "a/b.json", "out.py", ".json"])
def test_archives_lead_nowhere_else(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as odd:
        odd.writestr(name, "{}")
    (tmp_path / "in").mkdir()
    with pytest.raises(ValidationError):
        archive.unpack(tmp_path / "odd.zip", tmp_path / "in")
    assert not any((tmp_path / "in").iterdir()) and not (tmp_path / "out.json").exists()


def test_archives_that_are_none_or_too_large_are_refused(tmp_path, monkeypatch):
    (tmp_path / "no.zip").write_bytes(b"PK, but no archive")
    with pytest.raises(ValidationError, match="damaged"):
        archive.unpack(tmp_path / "no.zip", tmp_path)
    monkeypatch.setattr(archive, "LARGEST", 10)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("a.json", " " * 1000)
    with pytest.raises(ValidationError, match="at most"):
        archive.unpack(tmp_path / "bomb.zip", tmp_path)


def test_an_archive_that_breaks_off_is_refused(trained, tmp_path):
    archive.pack(trained(), tmp_path / "head.zip")
    content = bytearray((tmp_path / "head.zip").read_bytes())
    for at in range(100, 3000):
        content[at] ^= 0x55
    (tmp_path / "head.zip").write_bytes(content)
    (tmp_path / "in").mkdir()
    with pytest.raises(ValidationError):
        archive.unpack(tmp_path / "head.zip", tmp_path / "in")


def claiming(file: Path, shape: tuple[int, ...], kind: str = "<f8") -> None:
    """An array that says it is larger than it is."""
    header = BytesIO()
    npy.write_array_header_1_0(header, {"descr": kind, "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mean.npy", header.getvalue())


@pytest.mark.parametrize(
    ("shape", "kind"), [((10**12,), "<f8"), ((2**62, 4), "<f8"), ((1,), "|O"), ((8,), "<f8")]
)
def test_arrays_that_claim_to_be_what_they_are_not_are_refused(trained, shape, kind):
    folder = trained("bomb")
    claiming(folder / "genre_forest.npz", shape, kind)
    with pytest.raises(ValidationError, match="no arrays"):
        heads.install(folder)


def test_arrays_that_unpack_to_too_much_are_refused(trained, monkeypatch):
    folder = trained("bomb")
    np.savez_compressed(folder / "genre_forest.npz", mean=np.zeros(5 * 2**20))
    monkeypatch.setattr(archive, "LARGEST", 20 * 2**20)
    with pytest.raises(ValidationError, match="more than"):
        heads.install(folder)


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "genre-forest", "version": "1", "labels": ["a"], "x": NaN}',
        '{"name": "genre-forest", "version": "1", "labels": ["a"], "x": 1e999}',
        '{"name": "genre-forest", "version": "1", "labels": ["a"], "x": "\\u0000"}',
        '{"name": "genre-forest", "version": "1", "labels": ["a"], "x": "\\ud800"}',
        '{"name": "genre-forest", "version": null, "labels": ["a"]}',
        '{"name": 7, "version": "1", "labels": ["a"]}',
        '{"name": "genre-forest", "version": "1", "labels": []}',
        '{"name": "genre-forest", "version": "1", "labels": {"a": 1}}',
        '{"name": "genre-forest", "version": "1", "labels": ["a", "a"]}',
        '{"name": "genre-forest", "version": "1", "labels": ["a", 1]}',
        '{"name": "genre-forest", "version": "1", "labels": ["a"], "by_artist": [1]}',
        '{"x": ' + "[" * 5000 + "]" * 5000 + "}",
        "[" * 100_000,
        '{"x": ',
        "\xff\xfe",
    ],
)
def test_particulars_that_training_does_not_write_are_refused(trained, text):
    folder = trained("odd")
    (folder / "genre_forest.json").write_text(text, encoding="latin-1")
    with pytest.raises(ValidationError) as refused:
        heads.install(folder)
    assert len(refused.value.messages) == 1 and refused.value.messages[0].endswith(".")


@pytest.mark.parametrize(
    "scores",
    [
        {"by_artist": {"accuracy": 0.5}, "reliability": [{"low": 0.1}], "sure": [{}]},
        {"by_artist": None, "confusion": [[1, 2], [3]], "labels": ["a", "b"]},
        {"confusion": [["x"]], "labels": ["a"], "behaviour": {"changes": {"gain": {"same": "x"}}}},
        {"behaviour": {"changes": [], "songs": "many"}, "sure": "no", "reliability": [None]},
        {"by_artist": {"accuracy": 10**400, "low": 0, "high": 1}},
        [],
    ],
)
def test_a_page_shows_what_there_is_of_the_scores(scores, client, owner):
    PredictionModel.objects.create(
        name=FOREST, version="odd", labels=["a", "b"], place=0, scores=scores
    )
    client.force_login(owner)
    assert client.get("/models/").status_code == 200


def test_what_does_not_answer_with_probabilities_is_not_taken(trained):
    folder = trained("wild")
    with np.load(folder / "genre_forest.npz") as arrays:
        wild = {**arrays, "bias": np.full_like(arrays["bias"], np.nan)}
    np.savez(folder / "genre_forest.npz", **wild)
    with pytest.raises(ValidationError, match="no models that work"):
        require_models(folder)


def test_by_shell_a_head_is_tried_before_it_is_taken(trained, capsys):
    call_command("models", "install", str(trained()))
    head = TrainedHead.objects.get()
    call_command("models", "use", head.version)
    head.refresh_from_db()
    assert head.in_service_since
    call_command("models", "list")
    assert f"{head.version}\tin service" in capsys.readouterr().out
    call_command("models", "use", "shipped")
    head.refresh_from_db()
    assert head.in_service_since is None
    with pytest.raises(CommandError, match="there are mine"):
        call_command("models", "use", "nothing")
    broken = trained("broken")
    next(broken.glob("*.onnx")).write_bytes(b"no model")
    with pytest.raises(CommandError, match="no models that work"):
        call_command("models", "install", str(broken))


def test_the_admin_puts_into_service_and_rolls_back(trained, client, owner):
    first, second = heads.install(trained("a")), heads.install(trained("b"))
    client.force_login(owner)
    url = "/admin/predictions/trainedhead/"
    for head, action in ((first, "put_into_service"), (second, "put_into_service")):
        client.post(url, {"action": action, "_selected_action": [head.pk]})
    assert TrainedHead.objects.get(in_service_since__isnull=False) == second
    client.post(url, {"action": "roll_back", "_selected_action": [second.pk]})
    assert TrainedHead.objects.get(in_service_since__isnull=False) == first
    assert client.get(url).status_code == 200
