"""Heads trained here: installed, put into service, rolled back."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils.timezone import now

from apps.predictions import archive, heads
from apps.predictions.models import PredictionModel, Reference, TrainedHead
from apps.predictions.serving import todays_models, unpacked
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
