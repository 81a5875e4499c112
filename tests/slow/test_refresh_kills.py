"""New versions reach every song whole, though the worker dies three times on the way."""

import pytest

from tests.server import wait_for
from tests.slow.spreading import KILLS, Library, Readers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

SONGS = 1000
SWITCHES = 1000


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    library = Library(tmp_path_factory.mktemp("library"), SONGS)
    try:
        yield library
    finally:
        library.server.stop()


def test_a_new_version_reaches_every_song_once_and_whole(library):
    library.bring_the_next()
    with Readers(library.server, library.files) as readers:
        kills = library.spread()
    assert kills == KILLS
    assert readers.mixed == []
    assert readers.answers.keys() == {"first", "second"}
    wait_for(lambda: library.left_over()["jobs still to do"] == 0)
    assert set(library.left_over().values()) == {0}


def test_readers_see_one_generation_in_the_midst_of_switches(library):
    with Readers(library.server, library.files[:1]) as readers:
        library.switch(library.files[0], SWITCHES)
    assert readers.mixed == []
    assert min(readers.answers["first"], readers.answers["second"]) > 0
