"""The separation API: recordings that come along, the queue, formats, zips, throwing away."""

import base64
import io
import uuid
import zipfile

import numpy as np
import pytest
import soundfile

from apps.files.models import Blob, Track
from apps.jobs.models import Job
from apps.separation.models import Separation, Stem, StemSet

pytestmark = pytest.mark.django_db
WISH = "/api/separations"


@pytest.fixture
def ask(api):
    def ask(client=None, kind="json", **wish):
        return (client or api).post(WISH, wish, format=kind)

    return ask


@pytest.fixture
def made(ask, ready, separate_all) -> dict:
    """A separation that is done."""
    asked = ask(file=str(ready().pk)).json()
    separate_all()
    return asked


def content(answer) -> bytes:
    assert answer.status_code in (200, 206), answer
    return b"".join(answer.streaming_content)


def samples(data: bytes) -> np.ndarray:
    return soundfile.read(io.BytesIO(data), always_2d=True)[0]


def as_text(path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


# -- asking --------------------------------------------------------------------------------------


def test_a_recording_comes_along_as_a_file(ask, song, separate_all, api):
    with song("Take Five.wav", seconds=1.0).open("rb") as file:
        answer = ask(kind="multipart", file=file, stems=["drums", "rest"])
    assert answer.status_code == 202, answer.json()
    asked = answer.json()
    assert api.get(f"/api/files/{asked['file']}").json()["title"] == "Take Five"
    assert (asked["state"], asked["wanted"]) == ("queued", ["drums", "rest"])
    separate_all()
    done = api.get(f"{WISH}/{asked['id']}").json()
    assert [stem["name"] for stem in done["stems"]] == ["drums", "rest"]


def test_a_recording_comes_along_as_the_old_service_took_it(ask, song, separate_all, api):
    wish = {"mp3": as_text(song("loop.mp3", seconds=1.0)), "name": "Loop.mp3"}
    asked = ask(**wish)
    assert asked.status_code == 202, asked.json()
    assert ask(**wish).json()["id"] == asked.json()["id"], "asking twice gives the same"
    separate_all()
    assert api.get(f"{WISH}/{asked.json()['id']}").json()["state"] == "done"
    assert Track.objects.get().title == "Loop"


def test_what_comes_along_may_be_of_any_kind(ask, song):
    text = as_text(song("loop.flac", seconds=1.0))
    broken = "\n".join(text[start : start + 76] for start in range(0, len(text), 76))
    assert ask(mp3=broken).status_code == 202


def test_a_form_can_name_a_file_and_a_callback(ask, ready):
    file = str(ready().pk)
    told = '{"url": "https://example.org/", "data": [1]}'
    answer = ask(kind="multipart", file=file, callback=told)
    assert answer.json()["callback"]["url"] == "https://example.org/"
    fields = {"callback.url": "https://example.org/", "callback.data": "[1]"}
    again = ask(kind="multipart", file=file, **fields)
    assert again.json()["callback"] == answer.json()["callback"]
    refused = ask(kind="multipart", file=file, callback="https://example.org/")
    assert "callback" in refused.json()["error"]["fields"]


@pytest.mark.parametrize(
    ("wish", "status", "field"),
    [
        ({}, 400, "file"),
        ({"mp3": "not base64!"}, 400, "mp3"),
        ({"mp3": 7}, 400, "mp3"),
        ({"mp3": ""}, 422, None),
        ({"mp3": base64.b64encode(b"a letter").decode()}, 422, None),
        ({"file": "7"}, 400, "file"),
        ({"file": str(uuid.uuid4())}, 400, "file"),
        ({"engine": "magic"}, 400, "engine"),
        ({"engine": "htdemucs"}, 400, "engine"),  # its weights are not here
        ({"stems": ["kazoo"]}, 400, "stems"),
        ({"stems": "drums"}, 400, "stems"),
        ({"engine": "hpss", "stems": ["vocals"]}, 400, None),
        ({"format": "m4a"}, 400, "format"),
        ({"format": "mp3", "bitrate": 7}, 400, "bitrate"),
        ({"bitrate": 320}, 400, "bitrate"),
        ({"callback": {"data": 1}}, 400, "callback"),
    ],
)
def test_nonsense_is_refused_and_leaves_nothing(wish, status, field, ask, song):
    if not {"file", "mp3"} & set(wish) and wish:
        wish = {**wish, "mp3": as_text(song(seconds=1.0))}
    answer = ask(**wish)
    error = answer.json()["error"]
    assert (answer.status_code, bool(error["message"])) == (status, True)
    assert field is None or field in error["fields"]
    assert not Track.objects.exists() and not Separation.objects.exists()


def test_file_and_recording_at_once_are_one_too_many(ask, ready, song):
    answer = ask(file=str(ready().pk), mp3=as_text(song(seconds=1.0)))
    assert answer.status_code == 400


def test_a_recording_too_large_for_json_says_what_to_do(ask, song, settings):
    settings.INLINE_BYTES = 10_000
    answer = ask(mp3=as_text(song(seconds=1.0)))
    assert answer.status_code == 413
    assert "multipart" in answer.json()["error"]["message"]
    settings.INLINE_BYTES = 40_000  # the request may pass, and then it is still too large
    assert ask(mp3=as_text(song(seconds=1.0))).status_code == 413


def test_json_with_a_recording_takes_more_than_other_json(ask, song, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    assert ask(mp3=as_text(song(seconds=1.0))).status_code == 202


def test_over_quota_is_a_conflict(ask, song, settings):
    settings.QUOTA_BYTES = 1000
    assert ask(mp3=as_text(song(seconds=1.0))).status_code == 409


def test_a_recording_that_turns_out_unreadable_fails(ask, song, separate_all, api, settings):
    asked = ask(mp3=as_text(song(seconds=1.0))).json()
    for path in settings.MEDIA_ROOT.rglob("*.wav"):
        path.write_bytes(path.read_bytes()[:30])
    separate_all()
    known = api.get(f"{WISH}/{asked['id']}").json()
    assert (known["state"], known["zip"]) == ("failed", None)
    assert known["error"]["code"] and known["error"]["message"]


# -- the queue -----------------------------------------------------------------------------------


def test_the_queue_says_states_and_places(
    ask, api, ready, separate_all, django_assert_max_num_queries
):
    first = ask(file=str(ready("1.wav", root=220.0).pk)).json()
    separate_all()
    second = ask(file=str(ready("2.wav", root=230.0).pk)).json()
    third = ask(file=str(ready("3.wav", root=240.0).pk)).json()
    with django_assert_max_num_queries(12):
        rows = {row["id"]: row for row in api.get(WISH).json()["results"]}
    told = [(rows[one["id"]]["state"], rows[one["id"]]["place"]) for one in (first, second, third)]
    assert told == [("done", None), ("queued", 1), ("queued", 2)]
    waiting = api.get(f"{WISH}?state=queued").json()["results"]
    assert {row["id"] for row in waiting} == {second["id"], third["id"]}
    assert [row["id"] for row in api.get(f"{WISH}?state=done").json()["results"]] == [first["id"]]
    assert api.get(f"{WISH}?state=lost").status_code == 400


def test_the_queue_is_ones_own(made, their_api):
    assert their_api.get(WISH).json()["results"] == []


def test_who_waits_for_anothers_job_knows_their_place(ask, ready, their_api):
    ask(file=str(ready().pk))
    theirs = ask(client=their_api, file=str(ready("theirs.wav", client=their_api).pk)).json()
    assert (theirs["job"], theirs["place"]) == (None, 1)


# -- stems ---------------------------------------------------------------------------------------


def test_a_stem_comes_in_ranges(made, api):
    path = f"{WISH}/{made['id']}/stems/drums"
    whole = content(api.get(path))
    part = api.get(path, headers={"Range": "bytes=100-199"})
    assert (part.status_code, content(part)) == (206, whole[100:200])


def test_a_stem_comes_in_other_formats_and_is_kept_then(made, api):
    path = f"{WISH}/{made['id']}/stems/drums"
    plain = samples(content(api.get(path)))
    wav = samples(content(api.get(f"{path}?format=wav")))
    assert np.array_equal(wav, plain)
    kept = api.get(f"{path}?format=wav", headers={"Range": "bytes=0-3"})
    assert (kept.status_code, content(kept)) == (206, b"RIFF")
    small = content(api.get(f"{path}?format=mp3&bitrate=128"))
    large = content(api.get(f"{path}?format=mp3&bitrate=320&download=1"))
    assert len(large) > 2 * len(small) > 0
    assert api.get(f"{path}?format=mp3&bitrate=320")["Content-Type"] == "audio/mpeg"


@pytest.mark.parametrize(
    "query", ["format=kazoo", "bitrate=99999999999999", "format=mp3&bitrate=²"]
)
def test_formats_that_are_not_offered_are_refused(query, made, api):
    answer = api.get(f"{WISH}/{made['id']}/stems/drums?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"]


def test_stems_come_as_they_were_asked_for(ask, ready, separate_all, api):
    asked = ask(file=str(ready().pk), format="mp3", bitrate=192).json()
    assert (asked["format"], asked["bitrate"]) == ("mp3", 192)
    separate_all()
    answer = api.get(f"{WISH}/{asked['id']}/stems/drums")
    assert answer["Content-Type"] == "audio/mpeg"
    packed = content(api.get(f"{WISH}/{asked['id']}/stems.zip"))
    assert zipfile.ZipFile(io.BytesIO(packed)).namelist()[0] == "song - drums.mp3"
    flac = api.get(f"{WISH}/{asked['id']}/stems/drums?format=flac")
    assert flac["Content-Type"] == "audio/flac"


def test_all_stems_come_in_one_archive(made, api):
    Track.objects.update(title="AC/DC: “Back”?")
    answer = api.get(f"{WISH}/{made['id']}/stems.zip")
    assert answer["Content-Type"] == "application/zip"
    assert "attachment" in answer["Content-Disposition"]
    archive = zipfile.ZipFile(io.BytesIO(content(answer)))
    assert archive.testzip() is None
    assert archive.namelist()[0] == "AC_DC_ “Back”_ - drums.flac"
    for name, stem in zip(archive.namelist(), ["drums", "bass", "other"], strict=True):
        assert archive.read(name) == content(api.get(f"{WISH}/{made['id']}/stems/{stem}"))


def test_before_the_end_there_is_no_archive(ask, ready, api):
    asked = ask(file=str(ready().pk)).json()
    assert asked["zip"] is None
    assert api.get(f"{WISH}/{asked['id']}/stems.zip").status_code == 404


def test_a_stranger_gets_nothing_of_it(made, their_api):
    for path in ("", "/stems/drums", "/stems.zip", "/deliveries"):
        assert their_api.get(f"{WISH}/{made['id']}{path}").status_code == 404
    for path in ("", "/stems/drums"):
        assert their_api.delete(f"{WISH}/{made['id']}{path}").status_code == 404
    assert Separation.objects.count() == 1


# -- throwing away -------------------------------------------------------------------------------


def test_an_empty_or_partial_id_matches_nothing(made, api):
    for path in ("", "/", "//", f"/{made['id'][:8]}", f"/{made['id'][:-1]}", "/*", "/%20"):
        assert api.delete(f"{WISH}{path}").status_code in (404, 405), path
    for name in ("", "/", "/d", "/drum", "/DRUMS", "/%2e"):
        assert api.delete(f"{WISH}/{made['id']}/stems{name}").status_code in (404, 405), name
    assert (Separation.objects.count(), Stem.objects.count()) == (1, 3)


def test_deleting_cancels_what_goes_on(ask, ready, api):
    asked = ask(file=str(ready().pk)).json()
    assert api.delete(f"{WISH}/{asked['id']}").status_code == 204
    assert Job.objects.get(kind="separate").state == "cancelled"
    assert api.get(f"{WISH}/{asked['id']}").status_code == 404


def test_a_stem_that_is_thrown_away_is_gone_and_so_are_its_bytes(made, api):
    path = f"{WISH}/{made['id']}"
    assert api.delete(f"{path}/stems/drums").status_code == 204
    assert api.get(f"{path}/stems/drums").status_code == 404
    assert api.delete(f"{path}/stems/drums").status_code == 404
    assert [stem["name"] for stem in api.get(path).json()["stems"]] == ["bass", "other"]
    archive = zipfile.ZipFile(io.BytesIO(content(api.get(f"{path}/stems.zip"))))
    assert len(archive.namelist()) == 2
    assert Blob.objects.unused().count() == 1


def test_who_wants_all_of_them_again_gets_them_made(made, ask, api, separate_all):
    api.delete(f"{WISH}/{made['id']}/stems/drums")
    again = ask(file=made["file"]).json()
    assert again["id"] != made["id"]
    separate_all()
    assert len(api.get(f"{WISH}/{again['id']}").json()["stems"]) == 3


def test_others_keep_what_one_throws_away(made, ask, api, their_api, ready):
    theirs = ask(client=their_api, file=str(ready("theirs.wav", client=their_api).pk)).json()
    api.delete(f"{WISH}/{made['id']}/stems/drums")
    assert len(api.get(f"{WISH}/{made['id']}").json()["stems"]) == 2
    assert len(their_api.get(f"{WISH}/{theirs['id']}").json()["stems"]) == 3
    again = ask(file=made["file"]).json()
    assert (again["id"], len(again["stems"])) == (made["id"], 3), "it was still there"
    assert Job.objects.filter(kind="separate").count() == 1


def test_with_the_last_stem_the_separation_goes(made, api):
    for name in ("drums", "bass", "other"):
        assert api.delete(f"{WISH}/{made['id']}/stems/{name}").status_code == 204
    assert not Separation.objects.exists() and not StemSet.objects.exists()
    assert Blob.objects.unused().count() == 3
