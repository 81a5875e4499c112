"""The library page without JavaScript: looking for songs, and doing things with many of them."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import now

from apps.files.models import ImportWish, Track
from apps.jobs.models import Job
from apps.library import bulk
from tests.web.shelf import fill

pytestmark = pytest.mark.django_db
INSIDE = {"HTTP_HX_REQUEST": "true"}  # what a part of a page sends
RESULTS = {**INSIDE, "HTTP_HX_TARGET": "results"}


@pytest.fixture
def library(owner):
    return fill(owner, 120)


def titles(response) -> list[str]:
    return re.findall(r">(Song \d+)</a>", response.content.decode())


def more(response) -> str:
    """Where the link to the next page leads."""
    found = re.search(r'rel="next" href="([^"]+)"', response.content.decode())
    return found[1].replace("&amp;", "&") if found else ""


def test_pages_follow_each_other_and_lose_nothing(mine, library):
    seen, address = [], "/"
    while address:
        response = mine.get(address)
        seen += titles(response)
        address = more(response)
    assert seen == [f"Song {number}" for number in range(120)]


def test_scrolling_brings_the_same_rows_as_the_link(mine, library):
    address = more(mine.get("/"))
    scrolled = mine.get(address.replace("/?", reverse("library:more") + "?"), **INSIDE)
    assert titles(scrolled) == titles(mine.get(address))
    assert b"<html" not in scrolled.content


FOUND = {
    "q=song+1": 39, "q=even": 60, "genre=jazz": 40, "key=A+minor": 60, "tag=Summer": 30,
    "tempo_min=190": 10, "tempo_max=84": 5, "length_min=60": 0, "length_max=60": 120,
    "state=unreadable": 0, "genre=jazz&key=A+minor": 20, "tempo_min=nonsense": 120,
}  # fmt: skip
FIRST = {
    "-added": "Song 0", "added": "Song 119", "-title": "Song 99", "artist": "The Even",
    "-artist": "The Odd", "tempo": "Song 0", "-tempo": "Song 119", "nonsense": "Song 0",
}  # fmt: skip


def test_filters_narrow_it_down(mine, library):
    for query, count in FOUND.items():
        assert f'data-total="{count}"' in mine.get(f"/?{query}").content.decode(), query


def test_every_order_begins_where_it_should(mine, library):
    for order, first in FIRST.items():
        row = mine.get(f"/?order={order}").content.decode().split('class="song"')[1]
        assert first in row, order


def test_a_part_of_the_page_gets_the_list_only_and_a_tidy_address(mine, library):
    answer = mine.get("/?q=even&genre=&key=&order=-added", **RESULTS)
    assert b"<html" not in answer.content
    assert answer["HX-Replace-Url"] == "/?q=even"


def test_what_is_on_can_be_taken_off(mine, library):
    page = mine.get("/?q=even&genre=jazz").content.decode()
    assert 'href="/?q=even" aria-label="No longer only jazz"' in page
    assert 'href="/?genre=jazz" aria-label="No longer only “even”"' in page


def test_nothing_found_says_so_and_offers_to_clear(mine, library):
    page = mine.get("/?q=no-such-thing").content.decode()
    assert "No song of yours fits all of this." in page
    assert "Show all songs" in page


def test_a_page_that_does_not_exist_is_the_first_one(mine, library):
    assert mine.get("/?after=nonsense").url == "/"
    assert mine.get(reverse("library:more") + "?after=nonsense").content == b""


def test_a_long_library_costs_no_more_queries(mine, owner, django_assert_max_num_queries):
    counts = []
    for songs in (3, 120):
        Track.objects.all().delete()
        fill(owner, songs)
        with django_assert_max_num_queries(14) as asked:
            mine.get("/?q=song&tempo_min=70")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_all_that_match_are_meant_not_only_those_on_the_page(mine, library):
    wish = {"action": "delete", "all": "on", "match": "q=even"}
    mine.post(reverse("library:bulk"), wish)
    assert Track.objects.filter(deleted_at=None).count() == 60
    assert not Track.objects.filter(deleted_at=None, artist="The Even").exists()


def test_another_persons_songs_never_match(client, stranger, library):
    client.force_login(stranger)
    for wish in ({"all": "on"}, {"ids": [library[0].pk]}):
        client.post(reverse("library:bulk"), {"action": "delete", **wish})
    assert not Track.objects.exclude(deleted_at=None).exists()


def test_deleted_songs_leave_the_page_and_come_back(mine, library):
    chosen = [library[0].pk, library[5].pk]
    answer = mine.post(reverse("library:bulk"), {"action": "delete", "ids": chosen}, **INSIDE)
    html = answer.content.decode()
    assert all(f'id="song-{pk}" hx-swap-oob="delete"' in html for pk in chosen)
    assert "2 songs deleted." in html
    span = re.search(r'name="span" value="([^"]+)"', html)[1]
    assert titles(mine.get("/"))[0] == "Song 1"

    mine.post(reverse("library:undo"), {"span": span, "next": "/?q=song"})
    assert titles(mine.get("/"))[0] == "Song 0"


def test_undo_brings_back_only_what_that_click_deleted(mine, owner, library):
    earlier = library[7]
    Track.objects.filter(pk=earlier.pk).update(deleted_at=now() - timedelta(seconds=20))
    undo = bulk.delete(owner, Track.objects.filter(pk=library[0].pk)).undo
    mine.post(reverse("library:undo"), {"span": undo})
    assert list(Track.objects.deleted()) == [earlier]


@pytest.mark.parametrize("span", ["", "x/y", "2026-01-01/2026-01-02", "/"])
def test_a_senseless_undo_changes_nothing(mine, library, span):
    Track.objects.filter(pk=library[0].pk).update(deleted_at=now())
    assert mine.post(reverse("library:undo"), {"span": span}).status_code == 302
    assert Track.objects.deleted().count() == 1


def test_nobody_else_can_undo(client, owner, stranger, library):
    undo = bulk.delete(owner, Track.objects.all()).undo
    client.force_login(stranger)
    client.post(reverse("library:undo"), {"span": undo})
    assert Track.objects.deleted().count() == 120


def test_undo_leads_nowhere_else(mine, library):
    wish = {"span": "x", "next": "https://evil.example/"}
    assert mine.post(reverse("library:undo"), wish).url == "/"


def test_many_are_unmixed_at_once_but_not_thousands(mine, library, monkeypatch):
    wish = {"action": "unmix", "all": "on", "match": "genre=jazz&key=A+minor"}
    mine.post(reverse("library:bulk"), wish)
    queued = Job.objects.filter(kind="separate").count()
    assert queued == 20
    monkeypatch.setattr(bulk, "MOST_TO_UNMIX", 100)
    answer = mine.post(reverse("library:bulk"), {"action": "unmix", "all": "on"}, **INSIDE)
    assert "That is 120 songs; 100 can be unmixed at once." in answer.content.decode()
    assert Job.objects.filter(kind="separate").count() == queued


def test_many_are_remixed_from_the_form(mine, library):
    wish = {"action": "remix", "ids": [library[0].pk, library[1].pk]}
    assert mine.post(reverse("library:bulk"), wish).url.startswith("/remixes/new/?song=")


def test_nothing_chosen_does_nothing(mine, library):
    mine.post(reverse("library:bulk"), {"action": "delete"}, follow=True)
    mine.post(reverse("library:bulk"), {"action": "nonsense", "all": "on"})
    assert not Track.objects.deleted().exists()


def test_a_song_is_fetched_from_an_address(mine, owner):
    mine.post(reverse("library:import"), {"url": "https://music.example/song.mp3"})
    assert ImportWish.objects.get().owner == owner
    page = mine.post(reverse("library:import"), {"url": "nonsense"}, follow=True)
    assert "This is no address of the web" in page.content.decode()


# -- one song ------------------------------------------------------------------------------------


def test_one_field_is_edited_where_it_stands(mine, library):
    track = library[0]
    edit = reverse("library:edit", args=[track.pk])
    assert "Renamed" in mine.post(edit, {"title": "Renamed"}, **INSIDE).content.decode()
    track.refresh_from_db()
    assert (track.title, track.artist) == ("Renamed", "The Even")
    assert "required" in mine.post(edit, {"title": " "}, **INSIDE).content.decode()
    track.refresh_from_db()
    assert track.title == "Renamed"


def test_tags_are_put_on_and_taken_off(mine, library):
    track = library[1]
    address = reverse("library:tags", args=[track.pk])
    for words in ("Late  Night", "late night", "  "):
        mine.post(address, {"add": words})
    assert [tag.name for tag in track.tags.all()] == ["late night"]
    assert 'data-total="1"' in mine.get("/?tag=late+night").content.decode()
    answer = mine.post(address, {"remove": "late night"}, **INSIDE)
    assert "late night" not in answer.content.decode()
    assert not track.tags.exists()
    assert mine.post(address, {"add": "x" * 81}, **INSIDE).status_code == 200
    assert not track.tags.exists()


def test_a_strangers_song_is_neither_tagged_nor_edited(client, stranger, library):
    client.force_login(stranger)
    for name in ("library:tags", "library:edit"):
        assert client.post(reverse(name, args=[library[0].pk]), {"add": "x"}).status_code == 404


def test_all_that_was_made_of_a_song_is_told_with_its_maker(mine, owner, track, work):
    mine.post(reverse("library:unmix", args=[track.pk]))
    work()
    page = mine.get(reverse("library:song", args=[track.pk])).content.decode()
    rows = re.findall(r'<th scope="row">([^<]+)</th><td>([^<]*)</td><td>(.*?)</td>', page)
    told = {name: (what, by) for name, what, by in rows}
    assert {"File", "Waveform", "Stems", "genre-forest", "tempo", "key"} <= set(told)
    assert told["Stems"][1].startswith("hpss, version")
    assert "reference" in told["tempo"][1]
