"""What models hear, as a song's page shows it: nothing doubtful is said as if it were known."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.predictions.lanes import Moment, lanes
from tests.web.heard import hear
from tests.web.shelf import fill

GENRE = {
    "model": "genre-forest", "version": "1", "threshold": 0.9, "exclusive": True,
    "label": "jazz", "confidence": 0.7, "sure": True, "value": None, "remark": "",
    "probabilities": {"jazz": 0.7, "rock": 0.3},
}  # fmt: skip


def window(start, end, label="jazz", confidence=0.8, **more) -> dict:
    rest = {"sure": confidence >= 0.35, "value": None, **more}
    return {"start": start, "end": end, "label": label, "confidence": confidence, **rest}


def lane(*windows, **more):
    return lanes([{**GENRE, **more, "windows": list(windows)}])[0]


def test_neighbours_that_say_the_same_are_one_segment():
    made = lane(window(0, 30), window(30, 60, confidence=0.6), window(60, 90, "rock"))
    assert [(one.start, one.stop, one.text) for one in made.segments] == [
        (0, 60, "jazz"),
        (60, 90, "rock"),
    ]
    assert made.segments[0].confidence == pytest.approx(0.7)
    assert len(made.drawn) == 3, "each window keeps its own confidence"


def test_what_was_left_out_is_a_gap():
    made = lane(window(0, 30), window(60, 90))
    assert [one.start for one in made.segments] == [0, 60]


def test_a_last_window_that_reaches_back_does_not_cover_the_one_before():
    made = lane(window(0, 30), window(15, 45, "rock"))
    assert [(one.start, one.stop) for one in made.segments] == [(0, 30), (30, 45)]
    assert made.moments[1].start == 15, "the table tells what was judged"


def test_a_guess_is_called_unsure_and_nothing_else():
    made = lane(window(0, 30, confidence=0.3), confidence=0.3, sure=False)
    assert made.text == "unsure"
    assert made.segments == [Moment(0, 30, "unsure", 0.3, False)]


def test_several_tags_are_named_the_surest_first():
    tags = {"exclusive": False, "threshold": 0.3, "probabilities": {"a": 0.4, "b": 0.6, "c": 0.1}}
    made = lane(window(0, 30, "b", 0.6, probabilities={"a": 0.4, "b": 0.6, "c": 0.1}), **tags)
    assert made.text == made.segments[0].text == "b, a"


def test_words_of_single_windows_stand_for_the_whole():
    words = {"exclusive": False, "probabilities": {"call": 0.1}, "label": ""}
    assert lane(window(4, 5, "call", 0.95), **words).text == "call"
    assert lane(window(4, 5, "", 0.1), **words).segments == []


def test_a_tempo_is_a_number():
    made = lane(window(0, 30, "120 BPM", value=120.2), value=119.8, label="")
    assert (made.text, made.segments[0].text) == ("120 BPM", "120 BPM")


# -- the song's page -----------------------------------------------------------------------------


@pytest.fixture
def heard(db, owner):
    track = fill(owner, 1)[0]
    hear(track)
    return track


def test_the_song_page_has_a_lane_a_model_and_says_what_is_missing(mine, heard):
    html = mine.get(reverse("library:song", args=[heard.pk])).content.decode()
    assert html.count('<div class="lane"') == 6
    assert "The file convnet.hdf5 is not here; fetch it." in html
    assert reverse("predictions:models") in html
    reference = str(heard.current.reference_id)
    assert reference in html.split("What the models hear")[1], "each lane can say its reference"


def test_without_scripts_a_lane_is_a_table_whose_times_play(mine, heard):
    html = mine.get(reverse("library:lanes", args=[heard.pk])).content.decode()
    audio = reverse("api:file-audio", args=[heard.pk])
    assert f'href="{audio}#t=10.000"' in html
    rows = html.split("<tbody>")[1].split("</tbody>")[0]
    assert "jazz" in rows and "unsure" in rows and "blues" not in rows


def test_lanes_are_for_their_owner_only(heard, stranger):
    theirs = Client()
    theirs.force_login(stranger)
    assert theirs.get(reverse("library:lanes", args=[heard.pk])).status_code == 404


def test_the_page_costs_the_same_queries_for_many_models(
    mine, heard, django_assert_max_num_queries
):
    with django_assert_max_num_queries(12):
        mine.get(reverse("library:lanes", args=[heard.pk]))


def test_a_doubtful_genre_is_unsure_in_the_library(mine, heard):
    heard.current.genre_confidence = 0.3
    heard.current.save()
    rows = mine.get("/").content.decode().split('id="songs"')[1]
    assert ">unsure" in rows and "jazz <small" not in rows


def test_tags_that_a_model_heard_are_shown_apart_and_offered(mine, heard):
    song = mine.get(reverse("library:song", args=[heard.pk])).content.decode()
    assert "Heard by a model: </span>80s" in song
    assert "Take the tag 80s off" not in song
    assert "<option>80s</option>" in mine.get("/").content.decode()
