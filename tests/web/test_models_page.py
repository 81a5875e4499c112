"""The page of models: the honest figure stands beside the flattering one."""

import pytest
from django.urls import reverse
from django.utils.timezone import now

from apps.jobs.models import Job
from apps.predictions import catalogue
from apps.predictions.honesty import Cell
from apps.predictions.models import PredictionModel
from audio import weights
from tests.web.heard import hear
from tests.web.shelf import fill

pytestmark = pytest.mark.django_db
PAGE = "/models/"


def test_the_honest_figure_stands_beside_the_leaky_one(mine, owner):
    hear(fill(owner, 1)[0])
    card = mine.get(PAGE).content.decode().split('data-model="genre-forest"')[1]
    assert card.index("56 %") < card.index("50 % to 62 %") < card.index("71 %")
    assert "0.040" in card, "the calibration error"


def test_the_heat_table_counts_and_shades(mine, owner):
    hear(fill(owner, 1)[0])
    card = mine.get(PAGE).content.decode().split('data-model="genre-forest"')[1]
    assert '<td class="heat-9 right">9</td>' in card
    assert '<td class="heat-2">2</td>' in card
    assert '<td class="heat-0"></td>' in card


def test_the_card_states_what_is_lost_when_the_sound_changes(mine, owner):
    hear(fill(owner, 1)[0])
    card = mine.get(PAGE).content.decode().split('data-model="genre-forest"')[1]
    row = card.split("noise at -20 dB")[1]
    assert row.index("75 %") < row.index("12 %")


def test_an_ensemble_without_the_convnet_says_what_it_hears(mine, owner):
    hear(fill(owner, 1)[0])
    PredictionModel.objects.filter(name="genre-ensemble").update(parameters={"heard": "features"})
    cards = mine.get(PAGE).content.decode().split("data-model=")
    assert "features only" in next(card for card in cards if card.startswith('"genre-ensemble"'))
    assert sum("features only" in card for card in cards) == 1


def test_the_card_says_how_fast_it_is_and_where_that_was_measured(mine, owner):
    hear(fill(owner, 1)[0])
    card = mine.get(PAGE).content.decode().split('data-model="genre-forest"')[1]
    assert "0.26 s for the features; measured on two cores of a server" in card


def test_shades_stay_within_the_scale():
    assert [Cell(n, n / 10, right=False).shade for n in (0, 1, 5, 10)] == [0, 1, 5, 9]


def test_before_any_song_the_page_teaches(theirs):
    page = theirs.get(PAGE).content.decode()
    assert "No model has been asked yet" in page
    assert reverse("predictions:try") in page


def test_each_pretrained_file_says_its_address_sum_and_licence(theirs):
    page = theirs.get(PAGE).content.decode()
    for file in catalogue.catalogue():
        for said in (file["url"], file["sha256"], file["name"]):
            assert said in page


def test_only_admins_fetch_verify_and_remove(mine, theirs):
    name = catalogue.names()[0]
    for wish in ("fetch", "verify", "remove"):
        path = reverse(f"predictions:{wish}", args=[name])
        assert theirs.post(path).status_code == 403
        assert mine.get(path).status_code == 405
        assert mine.post(reverse(f"predictions:{wish}", args=["nothing"])).status_code == 404
    assert "<button" not in theirs.get(reverse("predictions:weights")).content.decode()


def test_a_fetch_that_failed_is_shown_with_its_sentence(mine, theirs, owner):
    name = catalogue.names()[0]
    catalogue.request_fetch(name=name, owner=owner)
    Job.objects.update(state="failed", error="Nobody answers there.", ended_at=now())
    fragment = reverse("predictions:weights")
    answer = mine.get(fragment).content.decode()
    assert "Nobody answers there." in answer and "every 1s" not in answer
    assert "Nobody answers there." not in theirs.get(fragment).content.decode()


def test_a_damaged_file_can_be_verified_and_removed(mine, monkeypatch, tmp_path):
    monkeypatch.setenv("AUDIOPHILE_WEIGHTS", str(tmp_path))
    name = catalogue.names()[0]
    (tmp_path / weights.CATALOGUE[name].file).write_bytes(b"not right")
    answer = mine.get(reverse("predictions:weights")).content.decode()
    assert f"Verify {name}" in answer and f"Remove {name}" in answer


def test_fetching_is_a_job_that_the_page_shows(mine):
    name = catalogue.names()[0]
    answer = mine.post(reverse("predictions:fetch", args=[name]), headers={"HX-Request": "true"})
    assert f"Fetch {name}" in answer.content.decode()
    assert "every 1s" in answer.content.decode(), "it follows the job"
    assert answer["HX-Trigger"] == "jobs"


def test_verifying_a_file_that_is_not_here_says_so(mine):
    name = catalogue.names()[0]
    answer = mine.post(reverse("predictions:verify", args=[name]), follow=True)
    assert 'data-level="error"' in answer.content.decode()
