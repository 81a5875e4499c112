"""The separator is watched: what came out of it is one more stream of the drift machinery."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from apps.files.models import Blob, Track
from apps.library.stem_stream import Stems
from apps.predictions.models import DriftLog, DriftWatch
from apps.predictions.tasks import check_drift
from apps.separation.models import Separation, Stem, StemSet
from audio.stems import ENGINES

pytestmark = pytest.mark.django_db
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ENGINES["hpss"].sources


@pytest.fixture
def unmixed(owner):
    """Lets songs be unmixed, each of an artist of its own, an hour apart."""
    blob = Blob.objects.create(
        storage="local", key="nothing.flac", size=1, sha256="0" * 64, content_type="audio/flac"
    )
    dice = np.random.default_rng(3)

    def unmixed(count: int, *, drums: float = 4.0, residual: float = -120.0, **facts) -> None:
        for number in range(StemSet.objects.count(), StemSet.objects.count() + count):
            track = Track.objects.create(
                owner=owner, blob=blob, title=f"Song {number}", artist=f"Artist {number}",
                sha256=f"{number:064x}", state=Track.State.READY, seconds=60.0,
            )  # fmt: skip
            made = StemSet.objects.create(
                key=f"{number:064x}", sha256=track.sha256, residual_db=residual,
                completed_at=BEGAN + timedelta(hours=number),
                **{"engine": "hpss", "engine_version": ENGINES["hpss"].version, **facts},
            )  # fmt: skip
            Separation.objects.create(owner=owner, track=track, stem_set=made)
            shares = dice.dirichlet([drums, 4.0, 4.0])
            Stem.objects.bulk_create(
                Stem(stem_set=made, name=name, position=place, blob=blob, share=share, silence=0)
                for place, (name, share) in enumerate(zip(NAMES, shares, strict=True))
            )

    return unmixed


def watch() -> DriftWatch:
    return DriftWatch.objects.get(pk="stems")


def test_nothing_is_watched_before_anything_was_unmixed():
    check_drift()
    assert not DriftWatch.objects.filter(pk="stems").exists()


def test_songs_like_those_before_raise_no_alarm(unmixed):
    unmixed(90)
    check_drift()
    assert watch().state == "no drift", watch().sentence


def test_other_music_shows_in_the_shares(unmixed):
    unmixed(50)
    unmixed(40, drums=40.0)
    check_drift()
    alarm = DriftLog.objects.get()
    assert (alarm.watch_id, alarm.cause) == ("stems", "input")
    assert alarm.drivers[0]["name"] in ("share of drums", "share of bass", "share of other")
    assert Track.objects.filter(pk__in=alarm.songs).count() == len(alarm.songs) > 0


def test_a_separator_gone_wrong_shows_in_what_is_left_over(unmixed):
    unmixed(50)
    unmixed(40, residual=-31.0)
    check_drift()
    assert DriftLog.objects.get().cause == "answer"


def test_only_whole_sets_of_one_engine_are_compared(unmixed):
    unmixed(3)
    unmixed(1, engine="htdemucs", engine_version=ENGINES["htdemucs"].version)
    unmixed(1, parameters={"stems": ["drums", "rest"]})
    unmixed(1, engine_version="of old")
    found = Stems().arrivals()
    assert found.units == ["artist 0", "artist 1", "artist 2"]
    assert (np.diff(found.when) == 3600).all()


def test_stems_that_are_shared_count_once(unmixed, stranger):
    unmixed(1)
    track = Track.objects.get()
    theirs = Track.objects.create(
        owner=stranger, blob=track.blob, title="Theirs", sha256=track.sha256, state="ready"
    )
    Separation.objects.create(owner=stranger, track=theirs, stem_set=StemSet.objects.get())
    assert len(Stems().arrivals().ids) == 1
