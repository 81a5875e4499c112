"""A mixer over the API: stretches and outlines of stems, and mixes of them as files."""

import numpy as np
import pytest

from apps.files import blobs
from apps.files.models import Blob
from apps.jobs.models import Job
from apps.library import usage
from apps.library.mending import mend
from apps.remixes.models import BeatGrid
from apps.separation.models import Mix, Separation, StemSet, StemWave
from audio import io
from audio.beatgrid import FEATURES
from audio.beatgrid import BeatGrid as Beats
from audio.formats import FORMATS
from tests.web.known_sound import RATE, song, stem
from tests.web.known_stems import known_separation

pytestmark = pytest.mark.django_db

WISH = {"stems": {"drums": {"gain_db": -12}, "other": {"gain_db": -6, "pan": -0.5}}}


SECONDS = 3.0


@pytest.fixture
def separation(owner) -> Separation:
    """The owner's, of three stems that are known."""
    return known_separation(owner, round(SECONDS * RATE))


@pytest.fixture
def address(separation) -> str:
    return f"/api/separations/{separation.pk}"


def sound(response, tmp_path) -> np.ndarray:
    path = tmp_path / "heard.flac"
    path.write_bytes(response.getvalue())
    return io.read(path).samples


def ask(api, address: str, wish: dict, **more):
    return api.post(f"{address}/mixes", {**wish, **more}, format="json")


# -- playing -------------------------------------------------------------------------------------


def test_stretches_of_a_stem_are_exact_and_join_up(api, address, tmp_path):
    facts = api.get(f"{address}/mixer").json()
    assert (facts["sample_rate"], facts["channels"]) == (RATE, 2)
    assert facts["frames"] == round(SECONDS * RATE)
    drums = facts["stems"][0]["stretch"]
    parts = [
        sound(api.get(f"{drums}?start={at}&frames=50000"), tmp_path)
        for at in range(0, facts["frames"], 50_000)
    ]
    assert np.array_equal(np.concatenate(parts, axis=1), stem("drums", 0, facts["frames"]))


def test_the_original_comes_in_the_same_stretches(api, address, tmp_path):
    original = api.get(f"{address}/mixer").json()["original"]["stretch"]
    part = sound(api.get(f"{original}?start=44100&frames=22050"), tmp_path)
    assert np.abs(part - song(44_100, 22_050)).max() < 1e-4


@pytest.mark.slow
def test_stretches_come_out_of_a_bucket_too(api, owner, bucket, settings, tmp_path):
    settings.AUDIOPHILE_STORAGE = "s3"
    stems = known_separation(owner, 40 * RATE)
    address = f"/api/separations/{stems.pk}/stems/drums/stretch"
    part = api.get(f"{address}?start=1234567&frames=1000")
    assert np.array_equal(sound(part, tmp_path), stem("drums", 1_234_567, 1000))


def test_a_browser_that_has_a_stretch_is_told_so(api, address):
    path = f"{address}/stems/bass/stretch?start=0&frames=1000"
    first = api.get(path)
    assert first["Content-Type"] == "audio/flac"
    again = api.get(path, HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")


def test_nonsense_is_refused(api, address):
    for query in (
        "", "?start=0", "?start=-1&frames=5", "?start=0&frames=0", "?start=0&frames=99999999"
    ):  # fmt: skip
        assert api.get(f"{address}/stems/drums/stretch{query}").status_code == 400
    for name in ("drums/stretch?start=999999999&frames=10", "piano/stretch?start=0&frames=10"):
        assert api.get(f"{address}/stems/{name}").status_code == 404


def test_there_is_nothing_before_the_stems_are_made(api, separation, address):
    StemSet.objects.filter(pk=separation.stem_set_id).update(completed_at=None)
    stretch = "stretch?start=0&frames=9"
    for path in ("mixer", f"stems/drums/{stretch}", f"original/{stretch}"):
        assert api.get(f"{address}/{path}").status_code == 404
    answer = ask(api, address, WISH)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "The stems are not made yet."


def test_outlines_are_drawn_once_when_somebody_looks(api, address, work):
    first = api.get(f"{address}/mixer").json()
    assert [stem["waveform"] for stem in first["stems"]] == [None, None, None]
    api.get(f"{address}/mixer")
    assert Job.objects.filter(kind="draw-stems").count() == 1
    assert work() == 1
    drums = api.get(f"{address}/mixer").json()["stems"][0]
    outline = api.get(drums["waveform"]).json()
    assert outline["seconds"] == pytest.approx(SECONDS)
    assert max(high for _, high in outline["points"]) == pytest.approx(0.5, abs=0.01)
    part = api.get(f"{drums['waveform']}?zoom=0&start=10&stop=20").json()
    assert len(part["points"]) == 10
    assert work() == 0


def test_a_lost_outline_is_drawn_again(api, address, work):
    api.get(f"{address}/mixer")
    work()
    wave = StemWave.objects.first()
    mend(wave.blob)
    api.get(f"{address}/mixer")
    assert work() == 1
    wave.refresh_from_db()
    assert wave.blob is not None


def test_another_persons_mixer_does_not_exist(their_api, address):
    for path in ("mixer", "mixes", "stems/drums/stretch?start=0&frames=9", "stems/drums/waveform"):
        assert their_api.get(f"{address}/{path}").status_code == 404
    assert ask(their_api, address, WISH).status_code == 404


# -- mixes ---------------------------------------------------------------------------------------


def test_a_mix_is_made_of_what_is_named(api, address, work, tmp_path):
    asked = ask(api, address, WISH)
    assert asked.status_code == 202
    assert asked.json()["state"] == "queued"
    assert asked.json()["url"] is None
    work()
    mix = api.get(f"{address}/mixes/{asked.json()['id']}").json()
    assert (mix["state"], mix["gain_db"]) == ("done", 0)
    heard = sound(api.get(mix["url"]), tmp_path)
    drums, (left, right) = (stem(name, 0, heard.shape[1]) for name in ("drums", "other"))
    turn = 0.5 * np.pi / 2  # half to the left
    moved = np.stack([left + right * np.cos(turn), right * np.sin(turn)])
    expected = drums * 10 ** (-12 / 20) + moved * 10 ** (-6 / 20)
    assert 20 * np.log10(np.abs(heard - expected).max()) < -80


def test_a_region_comes_in_every_format(api, address, work):
    region = {"start": 1.0, "stop": 2.5}
    asked = [ask(api, address, WISH, region=region, format=name).json() for name in FORMATS]
    work()
    for one, form in zip(asked, FORMATS.values(), strict=True):
        mix = api.get(f"{address}/mixes/{one['id']}").json()
        assert (mix["state"], mix["region"], mix["format"]) == ("done", region, form.name)
        assert mix["seconds"] == pytest.approx(1.5)
        answer = api.get(f"{mix['url']}?download=1")
        assert answer["Content-Type"] == form.content_type
        assert f"Known%20-%20mix{form.suffix}" in answer["Content-Disposition"]


def test_what_would_clip_is_softer_and_says_so(api, address, work, tmp_path):
    loud = {name: {"gain_db": 6} for name in ("drums", "bass", "other")}
    asked = ask(api, address, {"stems": loud}).json()
    work()
    mix = api.get(f"{address}/mixes/{asked['id']}").json()
    assert mix["gain_db"] == pytest.approx(-20 * np.log10(1.5 * 10 ** (6 / 20) / 0.999), abs=0.01)
    assert np.abs(sound(api.get(mix["url"]), tmp_path)).max() == pytest.approx(0.999, abs=1e-3)


def test_a_slower_mix_is_longer(api, address, work):
    asked = ask(api, address, WISH, speed=0.5).json()
    work()
    assert api.get(f"{address}/mixes/{asked['id']}").json()["seconds"] == pytest.approx(
        2 * SECONDS
    )


def test_the_same_wish_is_the_same_mix(api, address, work):
    first = ask(api, address, WISH).json()
    work()
    again = ask(api, address, {"stems": dict(reversed(WISH["stems"].items()))})
    whole = ask(api, address, WISH, region={"start": 0, "stop": 99})
    assert again.json()["id"] == whole.json()["id"] == first["id"]
    assert work() == 0
    assert ask(api, address, WISH, speed=0.9).json()["id"] != first["id"]
    assert len(api.get(f"{address}/mixes").json()["results"]) == 2


def test_what_somebody_else_has_mixed_is_not_mixed_again(
    api, their_api, stranger, separation, address, work
):
    made = ask(api, address, WISH).json()
    work()
    track = separation.track
    track.pk, track.owner = None, stranger
    track.save(force_insert=True)
    twin = Separation.objects.create(
        owner=stranger, track=track, stem_set_id=separation.stem_set_id
    )
    mix = ask(their_api, f"/api/separations/{twin.pk}", WISH).json()
    assert (mix["state"], mix["job"]) == ("done", None)
    assert mix["id"] != made["id"]
    assert their_api.get(f"{address}/mixes/{made['id']}").status_code == 404


WRONG: list[dict] = [
    {"stems": {}},
    {"stems": []},
    {"stems": {"piano": {}}},
    {"stems": {"drums": {"pan": 2}}},
    {"stems": {"drums": {"gain_db": 60}}},
    {"stems": {"drums": {"gain_db": "loud"}}},
    {"region": {"start": 2, "stop": 1}},
    {"region": {"start": 8, "stop": 9}},
    {"region": {"start": 1}},
    {"speed": 3},
    {"format": "midi"},
]


def test_a_wish_that_makes_no_sense_is_refused(api, address):
    for wrong in WRONG:
        answer = ask(api, address, WISH, **wrong)
        assert answer.status_code == 400, wrong
        assert answer.json()["error"]["message"]
    assert not Mix.objects.exists()


def test_a_deleted_mix_is_gone_and_its_work_stops(api, address, work):
    asked = ask(api, address, WISH).json()
    assert api.get(f"{address}/mixes/{asked['id']}/audio").status_code == 404
    assert api.delete(f"{address}/mixes/{asked['id']}").status_code == 204
    assert work() == 0
    assert api.get(f"{address}/mixes/{asked['id']}").status_code == 404


def test_a_lost_mix_is_made_again_when_it_is_asked_for(api, address, work):
    asked = ask(api, address, WISH).json()
    work()
    mend(Mix.objects.get().blob)
    assert api.get(f"{address}/mixes/{asked['id']}").json()["state"] == "failed"
    assert ask(api, address, WISH).json()["state"] == "queued"
    work()
    assert api.get(f"{address}/mixes/{asked['id']}").json()["state"] == "done"


def test_mixes_and_outlines_are_counted_and_go_with_the_song(
    api, address, owner, separation, work
):
    ask(api, address, WISH)
    api.get(f"{address}/mixer")
    work()
    kinds = usage.of_person(owner).kinds
    assert kinds["mixes"] > 1000 and kinds["waveforms"] > 1000
    api.delete(f"/api/files/{separation.track_id}")
    assert not Mix.objects.exists()
    assert set(Blob.objects.unused()) == set(Blob.objects.all())


def test_beats_are_told_once_they_are_known(api, their_api, separation, tmp_path):
    path = f"/api/files/{separation.track_id}/beats"
    assert api.get(path).json() == {"bpm": None, "confidence": None, "beats": [], "bars": []}
    assert their_api.get(path).status_code == 404
    beats = np.arange(0.25, 3, 0.5)
    found = Beats("1", SECONDS, 120.0, 0.9, beats, beats[::4], np.zeros((6, len(FEATURES)), "f4"))
    np.savez(tmp_path / "beats.npz", allow_pickle=False, **found.to_arrays())
    BeatGrid.objects.create(
        sha256=separation.track.sha256, version="1", bpm=120.0, confidence=0.9, beats=6,
        arrays=blobs.store(tmp_path / "beats.npz", content_type="application/x-npz"),
    )  # fmt: skip
    known = api.get(path).json()
    assert (known["bpm"], known["beats"]) == (120.0, beats.tolist())
    assert known["bars"] == [0.25, 2.25]
