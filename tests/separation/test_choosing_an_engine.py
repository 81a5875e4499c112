"""The form on a song's page: tiers with their times, what is not here, what was watched."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from apps.files.models import Blob
from apps.library.mending import mend
from apps.separation import tiers
from apps.separation.models import Separation, Stem, StemSet
from apps.separation.services import request_separation
from audio.availability import FOLDER
from audio.random_model import write_random_model
from audio.stems import ENGINES

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(client, owner):
    client.force_login(owner)
    return client


@pytest.fixture
def page(mine, track):
    return lambda: mine.get(f"/songs/{track.pk}/stems/").content.decode()


@pytest.fixture(scope="session")
def small_models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small-models")
    write_random_model(folder, small=True)
    return folder


@pytest.fixture
def demucs(small_models, monkeypatch):
    monkeypatch.setenv(FOLDER, str(small_models))


def unmix(mine, track, **fields):
    return mine.post(reverse("library:unmix", args=[track.pk]), fields, follow=True)


def test_what_is_not_here_says_so_and_cannot_be_chosen(page, mine, track):
    shown = page()
    assert shown.count("Not here") == 3 and shown.count("administrator can fetch it") == 3
    assert shown.count("disabled") == 3
    answer = unmix(mine, track, engine="htdemucs")
    assert "administrator can fetch it" in answer.content.decode()
    assert not Separation.objects.exists()


def test_each_tier_says_how_long_and_how_good(page, track, demucs):
    shown = page()
    for facts in ENGINES.values():
        assert f'value="{facts.name}"' in shown and facts.quality.split(":")[0] in shown
    assert shown.count("Perhaps") == 4 and "disabled" not in shown
    assert [offer.facts.name for offer in tiers.offers(track) if offer.chosen] == ["hpss"]


def test_one_stem_and_the_rest_by_demucs_without_javascript(mine, track, demucs, work, page):
    unmix(mine, track, engine="htdemucs", stem="vocals", dtype="bfloat16")
    work()
    made = StemSet.objects.get()
    assert (made.engine, made.asked, made.dtype) == ("htdemucs", ("vocals", "rest"), "bfloat16")
    assert [stem.name for stem in made.stems.all()] == ["vocals", "rest"]
    assert "By Demucs." in page()


def test_an_engine_is_asked_only_for_stems_it_makes(mine, track):
    answer = unmix(mine, track, engine="hpss", stem="guitar").content.decode()
    assert "makes drums, bass, other, rest" in answer
    assert not Separation.objects.exists()


def test_nonsense_is_refused(mine, track):
    wrong = [("stem", "kazoo"), ("engine", "magic"), ("dtype", "int1")]
    for field, value in wrong:
        assert value in unmix(mine, track, **{field: value}).content.decode()
    assert not Separation.objects.exists()


def test_the_page_shows_what_was_asked_for_last(mine, track, demucs, work, page):
    unmix(mine, track, engine="hpss")
    unmix(mine, track, engine="htdemucs")
    work()
    assert "By Demucs." in page()
    unmix(mine, track, engine="hpss")
    assert "By Harmonic and percussive masks." in page()
    assert Separation.objects.count() == 2


def test_how_the_sound_was_shared_out_is_shown(mine, track, work, page):
    unmix(mine, track)
    work()
    shares = list(Stem.objects.values_list("share", flat=True))
    assert sum(shares) == pytest.approx(1) and min(shares) >= 0
    assert StemSet.objects.get().residual_db <= -100
    assert "The stems add up to the song to within -1" in page()


def test_a_deployment_has_its_own_default(track, owner, settings, demucs):
    settings.UNMIX_ENGINE = "best"
    assert request_separation(track=track, owner=owner).stem_set.engine == "htdemucs_ft"
    assert [offer.facts.name for offer in tiers.offers(track) if offer.chosen] == ["htdemucs_ft"]


def test_stems_made_already_are_offered_as_such(track, owner, work):
    request_separation(track=track, owner=owner)
    work()
    assert [offer.facts.name for offer in tiers.offers(track) if offer.made] == ["hpss"]


def test_what_is_handed_out_is_remembered_until_asked_otherwise(track, owner):
    def ask(**more) -> Separation:
        return request_separation(track=track, owner=owner, **more)

    assert ask().format == "flac"
    ask(format="mp3", bitrate=192)
    assert (ask().format, ask().bitrate) == ("mp3", 192)
    with pytest.raises(ValidationError, match="no format"):
        ask(format="kazoo")


def test_lost_stems_are_made_again_as_they_were_asked_for(track, owner, work, demucs):
    wish = {"engine": "htdemucs", "only": ("vocals", "rest"), "dtype": "bfloat16"}
    request_separation(track=track, owner=owner, **wish)
    work()
    made = StemSet.objects.get()
    blob = Blob.objects.get(stems__name="vocals")
    mend(blob)
    work()
    assert StemSet.objects.get().pk == made.pk
    assert StemSet.objects.get().is_complete
