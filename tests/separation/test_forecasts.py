"""How long it will take: foreseen by what was measured here, and told before it begins."""

import pytest

from apps.jobs.models import Job
from apps.separation.models import Pace, Separation
from apps.separation.paces import RECENT
from apps.separation.services import request_separation
from audio import effort
from audio.stems import ENGINES

pytestmark = pytest.mark.django_db


def note(took: float, *, engine: str = "hpss", seconds: float = 100.0, **more) -> None:
    """A job took so long, a second of which before it touched the sound."""
    known = {"dtype": "auto", "computed": "", "threads": 2, "host": "here", **more}
    Pace.note(
        took=took + 1, setup=1.0, seconds=seconds, engine=engine,
        engine_version=ENGINES[engine].version, work=effort.total(ENGINES[engine]), **known,
    )  # fmt: skip


def foreseen(engine: str = "hpss", seconds: float = 100.0, **more) -> float:
    return Pace.forecast(engine=engine, seconds=seconds, **more).seconds


def test_before_anything_ran_it_is_a_guess():
    assert not Pace.forecast(engine="hpss", seconds=60).measured
    assert foreseen("htdemucs") > 5 * foreseen("hpss")


def test_one_job_says_it_of_songs_of_any_length():
    note(10)
    assert Pace.forecast(engine="hpss", seconds=100).measured
    assert foreseen(seconds=100) == pytest.approx(11)
    assert foreseen(seconds=1000) == pytest.approx(101), "loading takes no longer for a long song"


def test_a_busy_hour_is_no_rule():
    for took in (10, 10, 95, 10, 10, 120, 10):
        note(took)
    assert foreseen() == pytest.approx(11)


def test_a_machine_that_became_slower_is_believed():
    for took in [10] * 20 + [30] * RECENT:
        note(took)
    assert foreseen() == pytest.approx(31)
    assert Pace.objects.count() <= 4 * RECENT, "old ones are forgotten"


def test_the_machine_that_ran_it_last_counts():
    note(10)
    note(50, host="another")
    assert foreseen() == pytest.approx(51)


def test_an_engine_that_never_ran_is_guessed_by_one_that_did():
    before = foreseen("htdemucs")
    note(100 * effort.total(ENGINES["hpss"]) * 3)
    guess = Pace.forecast(engine="htdemucs", seconds=100)
    assert not guess.measured
    assert guess.seconds == pytest.approx(3 * before + 1, rel=0.01), "this machine is as slow"


def test_one_stem_of_the_best_is_foreseen_to_take_a_quarter():
    note(400, engine="htdemucs_ft")
    assert foreseen("htdemucs_ft", stems=("vocals", "rest")) == pytest.approx(101, rel=0.02)


def test_a_job_tells_before_it_begins_and_is_measured(api, track, owner, work):
    note(10, seconds=track.seconds)
    row = request_separation(track=track, owner=owner)
    job = api.get(f"/api/jobs/{row.own_job.pk}").json()
    assert job["seconds_left"] == pytest.approx(11) and job["place"] == 1
    work()
    measured = Pace.objects.exclude(host="here").get()
    assert measured.seconds == pytest.approx(track.seconds)
    assert measured.speed > 0 and measured.setup >= 0
    took = Job.objects.get(pk=row.own_job.pk)
    assert (took.ended_at - took.started_at).total_seconds() < 11


def test_a_job_that_was_interrupted_says_nothing_of_others(track, owner, work, settings):
    row = request_separation(track=track, owner=owner)
    (settings.SCRATCH / f"stems-{row.stem_set.key}").mkdir()
    work()
    assert Separation.objects.get().state == "done"
    assert not Pace.objects.exists()
