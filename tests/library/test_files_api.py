"""The file JSON, and lists of it."""

import pytest

from apps.files.models import Blob, Track

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(owner) -> list[Track]:
    blob = Blob.objects.create(storage="local", key="x", size=1, sha256="x", content_type="x/y")
    alike = {"owner": owner, "blob": blob, "filename": "song.wav"}
    return [
        Track.objects.create(**alike, sha256=str(number), title=f"Song {number}")
        for number in range(120)
    ]


def test_pages_lose_no_row_while_songs_are_added(api, many, owner):
    seen, url = [], "/api/files?limit=50"
    while url:
        page = api.get(url).json()
        seen += [row["id"] for row in page["results"]]
        Track.objects.create(
            owner=owner, blob=many[0].blob, sha256=f"new {len(seen)}", filename="n", title="n"
        )
        url = page["next"]
    assert sorted(seen) == sorted(str(track.pk) for track in many)


def test_a_list_costs_the_same_queries_whatever_its_length(
    api, many, django_assert_max_num_queries
):
    with django_assert_max_num_queries(6):
        api.get("/api/files?limit=100")


def test_search_finds_every_word(api, many):
    rows = api.get("/api/files?q=song 11").json()["results"]
    assert {row["title"] for row in rows} == {"Song 11", *(f"Song {n}" for n in range(110, 120))}


def test_with_and_without_trailing_slash(api, track):
    for path in ("/api/files", "/api/files/", f"/api/files/{track.pk}", f"/api/files/{track.pk}/"):
        assert api.get(path).status_code == 200


def test_title_artist_and_album_can_be_edited_and_nothing_else(api, track):
    api.patch(f"/api/files/{track.pk}", {"title": "New", "state": "unreadable", "sha256": "0"})
    track.refresh_from_db()
    assert (track.title, track.state) == ("New", "ready")
    assert api.patch(f"/api/files/{track.pk}", {"title": ""}).status_code == 400


def test_a_stranger_finds_nothing(their_api, track):
    url = f"/api/files/{track.pk}"
    answers = [
        their_api.get(url), their_api.patch(url, {"title": "Mine"}), their_api.delete(url),
        their_api.get(f"{url}/waveform"), their_api.get(f"{url}/audio"),
    ]  # fmt: skip
    assert {answer.status_code for answer in answers} == {404}
    assert Track.objects.filter(pk=track.pk, title="song").exists()


def test_the_waveform_has_peaks_of_the_song(api, track):
    drawn = api.get(f"/api/files/{track.pk}/waveform").json()
    assert drawn["seconds"] == 6.0
    assert max(high for _, high in drawn["points"]) > 0.2
    closest = drawn["zooms"][0]
    assert closest == {"points": 768, "points_per_second": 128.0}
    part = api.get(f"/api/files/{track.pk}/waveform?zoom=0&start=100&stop=110").json()
    assert part["points"] == drawn["points"][100:110], "six seconds need one zoom only"


def test_the_same_in_another_format_is_kept_for_the_next_time(api, track):
    url = f"/api/files/{track.pk}/audio?format=mp3"
    first = b"".join(api.get(url).streaming_content)
    again = api.get(url, headers={"range": "bytes=0-99"})
    assert (again.status_code, again["Content-Type"]) == (206, "audio/mpeg")
    assert len(first) > 20_000
    assert api.get(f"/api/files/{track.pk}/audio?format=exe").status_code == 404


def test_what_one_model_says(api, track):
    key = api.get(f"/api/files/{track.pk}/key").json()["confidences"]
    assert {row["model"] for row in key} <= {"key"}
    unknown = api.get(f"/api/files/{track.pk}/kazoo")
    assert unknown.status_code == 404
    names = unknown.json()["error"]["message"]
    assert all(name in names for name in ("genre-ensemble", "genre-forest", "key", "tempo"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("genre=nothing", 0), ("key=nothing", 0), ("tempo_min=100&tempo_max=140", 1),
        ("tempo_min=140", 0), ("length_min=5&length_max=7", 1), ("length_min=7", 0),
        ("state=ready", 1), ("state=unreadable", 0), ("q=song", 1), ("q=song zzz", 0),
        ("tag=rock", 0), ("tempo_min=nonsense", 1),
    ],
)  # fmt: skip
def test_lists_are_narrowed_down(api, track, query, found):
    assert len(api.get(f"/api/files?{query}").json()["results"]) == found


@pytest.mark.parametrize("order", ["added", "-added", "title", "-title", "length", "tempo"])
def test_every_order_shows_every_row_once_also_backwards(api, many, order):
    url, seen, last = f"/api/files?order={order}&limit=25", [], None
    while url:
        last = api.get(url).json()
        seen += [row["id"] for row in last["results"]]
        url = last["next"]
    assert len(seen) == len(set(seen)) == len(many), "alike as they are in what they are sorted by"
    before = api.get(last["previous"]).json()
    assert [row["id"] for row in before["results"]] == seen[-45:-20]


def test_a_deleted_file_is_gone_with_its_work(api, track):
    api.post("/api/separations", {"file": str(track.pk)}, format="json")
    assert api.delete(f"/api/files/{track.pk}").status_code == 204
    assert not Track.objects.exists()
    assert api.get("/api/jobs").json()["results"][0]["state"] == "cancelled"


def test_one_shape_of_error(client, api):
    for answer in (client.get("/api/files"), api.get("/api/nowhere"), api.get("/api/files/1")):
        error = answer.json()["error"]
        assert set(error) == {"code", "message", "fields", "request_id"}
        assert error["request_id"] == answer["X-Request-Id"]
