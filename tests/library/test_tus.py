"""Uploads that survive a broken connection, by the tus protocol."""

import base64
import hashlib
from datetime import timedelta

import pytest
from django.utils.timezone import now
from rest_framework.test import APIClient

from apps.files import partial, resumable
from apps.files.models import Blob, Track, Upload
from apps.files.tasks import remove_expired_uploads

pytestmark = pytest.mark.django_db

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = "application/offset+octet-stream"


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Client:
    """The protocol as a client speaks it."""

    def __init__(self, api) -> None:
        self.api = api

    def begin(self, size, name="Take Five.wav", content=b"", **headers):
        told = {
            "Upload-Length": str(size),
            "Upload-Metadata": f"filename {base64_of(name.encode())}",
        }
        return self.send("post", "/api/uploads/", content, **{**told, **headers})

    def send(self, method, path, content=b"", content_type=PIECE, **headers):
        headers = {**TUS, **{k.replace("_", "-"): v for k, v in headers.items()}}
        kept = {name: value for name, value in headers.items() if value is not None}
        return self.api.generic(method.upper(), path, content, content_type, headers=kept)

    def piece(self, path, offset, content, **headers):
        return self.send("patch", path, content, Upload_Offset=str(offset), **headers)

    def head(self, path):
        return self.send("head", path)


@pytest.fixture
def tus(api):
    return Client(api)


@pytest.fixture
def content(song) -> bytes:
    return song().read_bytes()


@pytest.fixture
def place(tus, content) -> str:
    """An upload that has begun."""
    return tus.begin(len(content))["Location"]


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


# -- the protocol --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/uploads", "/api/uploads/"])
def test_it_says_what_it_can(path, api, settings):
    answer = api.options(path)
    assert answer.status_code == 204
    assert answer["Tus-Version"] == answer["Tus-Resumable"] == "1.0.0"
    assert answer["Tus-Max-Size"] == str(settings.MAX_UPLOAD_BYTES)
    assert answer["Tus-Checksum-Algorithm"] == "sha256,sha1,md5"
    for extension in ("creation", "creation-with-upload", "checksum", "expiration", "termination"):
        assert extension in answer["Tus-Extension"].split(",")


def test_a_song_in_two_pieces_is_a_song(tus, content, place, work, api, settings):
    half = len(content) // 2
    first = tus.piece(place, 0, content[:half])
    assert (first.status_code, first["Upload-Offset"]) == (204, str(half))
    assert "GMT" in first["Upload-Expires"] and "Upload-Track" not in first
    known = tus.head(place)
    assert known.status_code == 200
    assert (known["Upload-Offset"], known["Upload-Length"]) == (str(half), str(len(content)))
    assert known["Cache-Control"] == "no-store"
    assert known["Upload-Metadata"].startswith("filename ")
    last = tus.piece(place + "/", half, content[half:])
    assert last["Upload-Offset"] == str(len(content))
    track = Track.objects.get()
    assert last["Upload-Track"] == str(track.pk) and "Upload-Duplicate" not in last
    assert (track.title, track.sha256) == ("Take Five", hashlib.sha256(content).hexdigest())
    work()
    assert api.get(f"/api/files/{track.pk}").json()["state"] == "ready"
    assert tus.head(place)["Upload-Track"] == str(track.pk)
    assert not list(settings.SCRATCH.iterdir())


def test_the_bytes_may_come_with_the_first_request(tus, content):
    answer = tus.begin(len(content), content=content)
    assert (answer.status_code, answer["Upload-Offset"]) == (201, str(len(content)))
    assert answer["Upload-Track"] == str(Track.objects.get().pk)


def test_the_same_bytes_again_are_the_same_song(tus, content, settings):
    first, second = (tus.begin(len(content), content=content) for _ in range(2))
    assert first["Upload-Track"] == second["Upload-Track"]
    assert second["Upload-Duplicate"] == "true"
    assert (Track.objects.count(), Blob.objects.count()) == (1, 1)
    assert not list(settings.SCRATCH.iterdir())


def test_a_method_may_be_named_in_a_header(tus, content, place):
    answer = tus.send(
        "post", place, content[:9], Upload_Offset="0", X_HTTP_Method_Override="PATCH"
    )
    assert (answer.status_code, answer["Upload-Offset"]) == (204, "9")


@pytest.mark.parametrize("version", [None, "0.2.2", "1.0.0, 2.0.0"])
def test_another_version_is_412(version, tus, place):
    answer = tus.send("patch", place, b"x", Upload_Offset="0", Tus_Resumable=version)
    assert code(answer) == (412, "version")
    assert answer["Tus-Version"] == "1.0.0"


@pytest.mark.parametrize("length", [None, "", "-1", "+5", "1.5", "1_0", "²", "0x10", "9" * 30])
def test_a_length_must_be_a_number(length, tus):
    assert tus.begin(1, Upload_Length=length).status_code == 400
    assert not Upload.objects.exists()


@pytest.mark.parametrize("header", ["Upload-Defer-Length", "Upload-Concat"])
def test_what_is_not_offered_is_refused(header, tus):
    assert tus.begin(10, **{header: "1"}).status_code == 400


@pytest.mark.parametrize(
    "metadata",
    ["filename ###", "filename YQ==,filename YQ==", "fi\u00e9 YQ==", "a b c", "filename YQ",
     "filename \u00e9"],
)  # fmt: skip
def test_metadata_must_be_words_and_base64(metadata, tus):
    answer = tus.begin(10, Upload_Metadata=metadata)
    assert answer.status_code == 400
    assert "Upload-Metadata" in answer.json()["error"]["fields"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\0b.wav", "🎸.wav", "x" * 900, ""])
def test_odd_names_are_only_names(name, tus, content):
    assert tus.begin(len(content), name, content).status_code == 201
    assert "/" not in Track.objects.get().filename


def test_too_large_is_413_before_a_byte_is_sent(tus, settings):
    settings.MAX_UPLOAD_BYTES = 1000
    assert code(tus.begin(1001)) == (413, "too_large")
    assert not Upload.objects.exists() and not list(settings.SCRATCH.iterdir())


def test_nobody_holds_more_unfinished_uploads_than_allowed(tus, content, settings):
    settings.UNFINISHED_UPLOADS = 2
    first = tus.begin(len(content))
    assert tus.begin(len(content)).status_code == 201
    refused = tus.begin(len(content))
    assert refused.status_code == 409
    assert "2 of your uploads" in refused.json()["error"]["message"]
    tus.send("delete", first.headers["Location"])
    assert tus.begin(len(content)).status_code == 201


def test_what_is_on_its_way_counts_towards_the_quota(tus, content, owner):
    owner.quota_bytes = len(content) * 3 // 2
    owner.save()
    assert tus.begin(len(content)).status_code == 201
    assert tus.begin(len(content)).status_code == 409


def test_an_empty_file_is_refused(tus):
    assert code(tus.begin(0)) == (422, "empty")
    assert not Upload.objects.exists()


def test_pieces_have_a_type_and_follow_each_other(tus, content, place):
    wrong = tus.send("patch", place, content[:9], "audio/wav", Upload_Offset="0")
    assert code(wrong) == (415, "media_type")
    assert code(tus.piece(place, 5, content[:9])) == (409, "offset")
    assert tus.send("patch", place, content[:9]).status_code == 400
    assert tus.head(place)["Upload-Offset"] == "0"


def test_more_than_was_announced_is_refused(tus, content, place):
    assert code(tus.piece(place, 0, content + b"x")) == (413, "too_much")
    assert tus.head(place)["Upload-Offset"] == "0"


def test_a_body_of_unknown_length_is_refused(tus, place):
    answer = tus.piece(place, 0, b"xyz", Transfer_Encoding="chunked")
    assert code(answer) == (411, "length_required")


def test_a_whole_upload_takes_nothing_more(tus, content, place):
    tus.piece(place, 0, content)
    assert code(tus.piece(place, len(content), b"")) == (409, "offset")
    assert Track.objects.count() == 1


@pytest.mark.parametrize("algorithm", resumable.ALGORITHMS)
def test_a_right_checksum_is_taken_and_a_wrong_one_keeps_nothing(algorithm, tus, content, place):
    right = base64_of(hashlib.new(algorithm, content[:99]).digest())
    wrong = tus.piece(place, 0, content[1:100], Upload_Checksum=f"{algorithm} {right}")
    assert code(wrong) == (460, "checksum")
    assert tus.head(place)["Upload-Offset"] == "0"
    taken = tus.piece(place, 0, content[:99], Upload_Checksum=f"{algorithm} {right}")
    assert (taken.status_code, taken["Upload-Offset"]) == (204, "99")


@pytest.mark.parametrize("checksum", ["", "crc32 AAAA", "sha1", "sha1 ###", "sha1 \u00e9"])
def test_an_odd_checksum_is_no_checksum(checksum, tus, content, place):
    answer = tus.piece(place, 0, content[:9], Upload_Checksum=checksum)
    assert answer.status_code in (400, 460)
    assert tus.head(place)["Upload-Offset"] == "0"


def test_what_is_no_recording_is_refused_and_forgotten(tus, settings):
    letter = b"this is a letter, not a song\n" * 50
    place = tus.begin(len(letter))["Location"]
    answer = tus.piece(place, 0, letter)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"].endswith(".")
    assert answer["Tus-Resumable"] == "1.0.0"
    assert tus.head(place).status_code == 404
    assert not Blob.objects.exists() and not list(settings.SCRATCH.iterdir())


def test_it_can_be_given_up(tus, content, place, settings):
    tus.piece(place, 0, content[:9])
    assert tus.send("delete", place).status_code == 204
    assert tus.head(place).status_code == 404
    assert not list(settings.SCRATCH.iterdir())


def test_giving_a_whole_one_up_keeps_the_song(tus, content, place):
    tus.piece(place, 0, content)
    assert tus.send("delete", place).status_code == 204
    assert Track.objects.exists() and not Upload.objects.exists()


# -- whose it is ---------------------------------------------------------------------------------


def test_a_stranger_finds_nothing(place, their_api, client, content):
    theirs = Client(their_api)
    assert theirs.head(place).status_code == 404
    assert theirs.piece(place, 0, content[:9]).status_code == 404
    assert theirs.send("delete", place).status_code == 404
    assert client.options("/api/uploads/").status_code in (401, 403)


@pytest.mark.parametrize(
    "path", ["/api/uploads/1", "/api/uploads/" + "-" * 36, "/api/uploads/x/y"]
)
def test_what_is_no_upload_is_not_found(path, tus):
    assert tus.head(path).status_code == 404


def test_a_session_needs_its_csrf_token(owner, content):
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(owner)
    tus = Client(browser)
    assert tus.begin(len(content)).status_code == 403
    browser.cookies["csrftoken"] = "x" * 32
    told = {"X-CSRFToken": "x" * 32}
    place = tus.begin(len(content), **told)["Location"]
    assert tus.piece(place, 0, content[:9]).status_code == 403
    assert tus.send("post", place, X_HTTP_Method_Override="DELETE").status_code == 403
    assert tus.piece(place, 0, content[:9], **told).status_code == 204
    assert tus.begin(len(content), content=content).status_code == 403
    whole = tus.begin(len(content), content=content, **told)
    assert (whole.status_code, whole["Upload-Track"]) == (201, str(Track.objects.get().pk))


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/json", ""])
def test_a_body_of_another_kind_is_not_read(kind, owner, content):
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(owner)
    browser.cookies["csrftoken"] = "x" * 32
    headers = {"Upload-Length": "9", "X-CSRFToken": "x" * 32}
    answer = Client(browser).send("post", "/api/uploads/", content, kind, **headers)
    assert code(answer) == (415, "media_type")
    assert not Upload.objects.exists()


# -- what breaks ---------------------------------------------------------------------------------


def test_one_of_two_writers_wins(tus, content, place):
    with partial.locked(Upload.objects.get()):
        assert code(tus.piece(place, 0, content[:9])) == (423, "busy")
        assert code(tus.send("delete", place)) == (423, "busy")
        assert tus.head(place).status_code == 200
    assert tus.piece(place, 0, content[:9]).status_code == 204


def test_whole_but_not_yet_taken_in_is_busy(tus, content, place):
    upload = Upload.objects.get()
    with partial.locked(upload):
        upload.path.write_bytes(content)
        assert tus.head(place).status_code == 423


def broken(content: bytes, after: int):
    """Reads a request whose connection breaks."""
    sent = [content[:after], b""]
    return lambda count: sent.pop(0)


def test_what_came_before_the_connection_broke_is_kept(tus, content, place):
    piece = resumable.Piece(0, len(content), broken(content, 1000))
    with pytest.raises(resumable.BrokenOff):
        resumable.continue_upload(Upload.objects.get(), piece)
    assert tus.head(place)["Upload-Offset"] == "1000"
    tus.piece(place, 1000, content[1000:])
    assert Track.objects.get().sha256 == hashlib.sha256(content).hexdigest()


def test_what_came_without_its_proof_is_not(tus, content, place):
    checksum = resumable.Checksum("sha1", hashlib.sha1(content).digest())
    piece = resumable.Piece(0, len(content), broken(content, 1000), checksum)
    with pytest.raises(resumable.WrongChecksum):
        resumable.continue_upload(Upload.objects.get(), piece)
    assert tus.head(place)["Upload-Offset"] == "0"


def test_after_a_crash_the_file_counts_and_not_the_row(tus, content, place):
    Upload.objects.get().path.write_bytes(content[:500])
    assert tus.head(place)["Upload-Offset"] == "500"
    assert tus.piece(place, 500, content[500:])["Upload-Track"]
    assert Track.objects.get().sha256 == hashlib.sha256(content).hexdigest()


def test_a_crash_after_the_last_byte_is_made_up_for(tus, content, place):
    Upload.objects.get().path.write_bytes(content)
    assert tus.head(place)["Upload-Track"] == str(Track.objects.get().pk)


def test_a_crash_between_the_song_and_its_upload_row_is_made_up_for(tus, content, place):
    tus.piece(place, 0, content)
    Upload.objects.update(track=None)
    assert tus.head(place)["Upload-Offset"] == "0"
    again = tus.piece(place, 0, content)
    assert again["Upload-Track"] == str(Track.objects.get().pk)


def test_expired_uploads_are_swept_and_others_stay(tus, content, settings):
    old, new, whole = (tus.begin(len(content))["Location"] for _ in range(3))
    tus.piece(whole, 0, content)
    Upload.objects.exclude(pk=new.rpartition("/")[2]).update(expires_at=now() - timedelta(hours=1))
    assert tus.head(old).status_code == 404
    remove_expired_uploads()
    assert [str(upload.pk) for upload in Upload.objects.all()] == [new.rpartition("/")[2]]
    assert len(list(settings.SCRATCH.iterdir())) == 1
    assert Track.objects.count() == 1


def test_the_sweep_leaves_one_that_is_written_to(tus, place):
    Upload.objects.update(expires_at=now() - timedelta(hours=1))
    with partial.locked(Upload.objects.get()):
        remove_expired_uploads()
    assert Upload.objects.exists()
