"""Songs whose genre is known: marked by staff, heard first, scored once for each version."""

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from apps.predictions import control
from apps.predictions.models import ControlLabel, ControlScore, PredictionModel, Reference
from apps.predictions.refresh import refresh
from apps.predictions.serving import todays_models
from tests.predictions import quick

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def two(three, models) -> None:
    models(quick.GENRE, quick.MOOD)
    todays_models()


@pytest.fixture
def songs(owner):
    """Three of jazz and one of blues, of which all are said to be jazz."""
    songs = quick.tracks(owner, 4, artist="")
    quick.heard(songs, genre_forest="jazz")
    for song, label in zip(songs, ("jazz", "jazz", "jazz", "blues"), strict=True):
        control.mark(song, label)
    return songs


@pytest.fixture
def staff(django_user_model):
    person = django_user_model.objects.create_user("staff", password="a password", role="staff")
    client = APIClient()
    client.force_authenticate(person)
    return person, client


# -- marking -------------------------------------------------------------------------------------


def test_a_song_is_marked_over_the_api_and_unmarked(api, owner):
    (song,) = quick.tracks(owner, 1)
    url = f"/api/files/{song.pk}/control"
    assert api.get(url).status_code == 404
    assert api.put(url, {"label": "JAZZ"}).json()["label"] == "jazz"
    assert api.put(url, {"label": "blues"}).json()["file"] == str(song.pk)
    assert api.get(url).json()["label"] == "blues"
    assert api.get("/api/control").json() == {
        "songs": 1, "labels": ["blues", "jazz"], "scores": []
    }  # fmt: skip
    assert api.delete(url).status_code == 204
    assert not ControlLabel.objects.exists()


def test_what_no_model_says_cannot_be_known(api, owner):
    (song,) = quick.tracks(owner, 1)
    answer = api.put(f"/api/files/{song.pk}/control", {"label": "polka"})
    assert answer.status_code == 400
    assert "blues, jazz" in answer.json()["error"]["fields"]["label"][0]


def test_staff_mark_their_own_songs_members_none(staff, their_api, owner):
    person, client = staff
    (mine,) = quick.tracks(person, 1)
    (theirs,) = quick.tracks(owner, 1, first=1)
    assert client.put(f"/api/files/{mine.pk}/control", {"label": "jazz"}).status_code == 200
    assert client.put(f"/api/files/{theirs.pk}/control", {"label": "jazz"}).status_code == 404
    assert their_api.put(f"/api/files/{theirs.pk}/control", {"label": "jazz"}).status_code == 403
    assert their_api.get("/api/control").status_code == 403


def test_a_table_marks_many(owner, tmp_path, capsys):
    by_id, by_sum, by_name = quick.tracks(owner, 3, first=0x12345678)
    table = tmp_path / "known.csv"
    table.write_text(
        f"file,label\n{by_id.pk},jazz\n{by_sum.sha256},blues\n{by_name.filename},Jazz\n"
    )
    call_command("control", "import", str(table))
    assert sorted(ControlLabel.objects.values_list("label", flat=True)) == [
        "blues",
        "jazz",
        "jazz",
    ]
    call_command("control", "list")
    assert "3 songs are marked" in (out := capsys.readouterr().out)
    assert out.count("jazz") == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("song,genre\n", "must name file and label"),
        ("file,label\nnowhere.wav,jazz\n", "Line 2: no file is called"),
        ("file,label\n0.wav,jazz\n1.wav,polka\n", "Line 3: No model says “polka”"),
        ("file,label\n0.wav\n", "Line 2: No model says “”"),
    ],
)
def test_a_table_that_is_wrong_marks_nothing(owner, tmp_path, text, why):
    quick.tracks(owner, 2)
    table = tmp_path / "known.csv"
    table.write_text(text)
    with pytest.raises(CommandError, match=why):
        call_command("control", "import", str(table))
    assert not ControlLabel.objects.exists()


def test_a_name_that_two_files_have_is_nobodys(owner, stranger, tmp_path):
    quick.tracks(owner, 1)
    quick.tracks(stranger, 1)
    table = tmp_path / "known.csv"
    table.write_text("file,label\n0.wav,jazz\n")
    with pytest.raises(CommandError, match="more than one file"):
        call_command("control", "import", str(table))


# -- scoring -------------------------------------------------------------------------------------


def test_a_version_is_scored_once(songs):
    for _ in range(2):
        refresh()
    (score,) = ControlScore.objects.all()
    assert (score.model.name, score.songs, score.artists, score.accuracy) == (
        "genre-forest", 4, 4, 0.75,
    )  # fmt: skip
    assert score.low < 0.75 < score.high
    assert score.calibration_error == pytest.approx(0.05)


def test_songs_of_one_artist_make_nobody_surer(owner):
    songs = quick.tracks(owner, 4, artist="One and the same")
    quick.heard(songs, genre_forest="jazz")
    for song in songs:
        control.mark(song, "jazz")
    refresh()
    score = ControlScore.objects.get()
    assert (score.artists, score.high) == (1, 1.0)
    assert score.low < 0.25


def test_the_next_version_is_scored_when_all_have_been_heard(songs, monkeypatch):
    refresh()
    monkeypatch.setattr(quick.Genre, "version", "2")
    assert refresh().asked == 4
    assert ControlScore.objects.count() == 1
    Reference.objects.in_the_making().first().job.cancel()  # heard in vain
    Reference.objects.in_the_making().delete()
    quick.heard(songs[:3], genre_forest="jazz")
    quick.heard(songs[3:], genre_forest="blues")
    refresh()
    assert [score.accuracy for score in ControlScore.objects.all()] == [0.75, 1.0]


def test_another_mark_is_another_score(songs):
    refresh()
    control.mark(songs[3], "jazz")
    refresh()
    assert [score.accuracy for score in ControlScore.objects.all()] == [0.75, 1.0]


def test_what_a_model_cannot_say_is_left_out(songs):
    ControlLabel.objects.filter(track=songs[0]).update(label="polka")
    refresh()
    score = ControlScore.objects.get()
    assert (score.songs, score.left_out) == (3, 1)


def test_scores_are_plotted_on_the_page_and_in_the_admin(client, owner, songs):
    client.force_login(owner)
    assert "The score is here once" in client.get("/models/").content.decode()
    refresh()
    for page in ("/models/", "/admin/predictions/controlscore/"):
        html = client.get(page).content.decode()
        assert "control-plot" in html and "75 %" in html


def test_the_page_says_how_to_begin(client, owner):
    client.force_login(owner)
    assert "manage.py control import" in client.get("/models/").content.decode()


def test_songs_are_marked_in_the_admin(client, owner, songs):
    client.force_login(owner)
    ControlLabel.objects.all().delete()
    reference = Reference.objects.filter(track=songs[0]).get()
    wish = {"action": "mark", "label": "Blues", "_selected_action": [str(reference.pk)]}
    client.post("/admin/predictions/reference/", wish)
    assert ControlLabel.objects.get().label == "blues"
    form = {"track": str(songs[1].pk), "label": "polka"}
    assert b"No model says" in client.post("/admin/predictions/controllabel/add/", form).content
    client.post("/admin/predictions/controllabel/add/", form | {"label": "jazz"})
    assert ControlLabel.objects.get(track=songs[1]).marked_by == owner


def test_without_a_model_of_genres_nothing_can_be_known(owner):
    PredictionModel.objects.update(place=None)
    with pytest.raises(Exception, match="no model of genres"):
        control.called("jazz")
