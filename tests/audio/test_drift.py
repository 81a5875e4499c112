"""Drift: it keeps quiet without drift, sees what is there, says why, and spends with care."""

import json

import numpy as np
import pytest

from audio.drift.check import FEWEST, check
from audio.drift.measures import Cloud, Columns, Labels, differences, false_discovery
from audio.drift.rows import Numbers, Rows, split
from audio.drift.trials import false_alarm_rate
from audio.drift.units import units_of
from audio.drift.watch import Watch
from audio.features import FEATURES
from training import table

NAMES = ("loudness", "brightness", "tempo")


def _rows(artists: int, songs: int, seed: int = 0, shift: float = 0.0, name: str = "old") -> Rows:
    """Songs that are mostly like others of their artist."""
    generator = np.random.default_rng(seed)
    inverse = np.repeat(np.arange(artists), songs)
    values = generator.standard_normal((artists, 3))[inverse]
    values += 0.3 * generator.standard_normal((len(inverse), 3)) + shift * np.array([1.0, 0, 0])
    return Rows(
        [f"{name} {seed} {artist}" for artist in inverse],
        {"features": Numbers(values, NAMES)},
        {"genre": ["loud" if value > 0.5 else "soft" for value in values[:, 0]]},
    )


def _only(numbers: np.ndarray, clusters: list[str] | None = None) -> Rows:
    return Rows(clusters or [""] * len(numbers), {"features": Numbers(numbers)})


def test_the_same_music_is_no_drift():
    finding = check(_rows(100, 3), _rows(30, 3, seed=1, name="new"))
    assert finding.state == "no drift"
    assert (finding.reference_units, finding.window_units) == (100, 30)


def test_a_shift_is_drift_and_says_what_moved_and_which_songs():
    window = _rows(30, 3, seed=1, shift=2.0, name="new")
    finding = check(_rows(100, 3), window)
    assert finding.state == "drift"
    first = finding.drivers[0]
    assert (first.group, first.name) == ("features", "loudness")
    assert 1.0 < first.difference < 3.0
    assert first.q <= 0.05
    assert finding.labels["genre"]["loud"] > 0.3
    loudness = window.numbers["features"].values[:, 0]
    assert loudness[list(finding.songs)].mean() > loudness.mean()
    assert len({window.clusters[song] for song in finding.songs}) == len(finding.songs) == 10


def test_one_album_in_many_songs_is_one_unit():
    """Two hundred songs of one odd artist are no reason to say anything."""
    window = _only(np.full((200, 2), 9.0), ["one"] * 200)
    finding = check(_only(np.random.default_rng(0).standard_normal((300, 2))), window)
    assert (finding.state, finding.window_units, finding.p) == ("too little data", 1, None)
    assert str(FEWEST) in finding.sentence


def test_false_alarms_hold_for_clumps_where_the_naive_rule_fires():
    rates = false_alarm_rate(_rows(60, 8), window_units=20, trials=40)
    assert rates.ours is not None and rates.ours <= 0.1  # of 40: 0.05 and more than its error
    assert rates.dummy is not None and rates.dummy > 0.5


def test_one_song_of_an_artist_is_not_compared_with_the_mean_of_many():
    """In a stream of songs the window has the newest of artists known from many songs."""
    alarms = []
    for trial in range(30):
        generator = np.random.default_rng(trial)
        clusters = [f"artist {number}" for number in generator.integers(0, 400, 2400)]
        values = generator.standard_normal((2400, 5))
        sides = split(clusters, window_units=60, reference_units=100)
        rows = Rows(clusters, {"features": Numbers(values)}, library=sides.library)
        before, after = rows.take(sides.reference), rows.take(sides.window)
        alarms.append(check(before, after, seed=trial, reaching=False).state == "drift")
    assert sum(alarms) <= 5


def test_more_units_see_more():
    few, many = (
        check(_rows(150, 1), _rows(units, 1, seed=1, name="new")).reach for units in (16, 80)
    )
    assert few is not None and many is not None
    assert many.powers[1] > few.powers[1]
    assert list(many.powers) == sorted(many.powers)
    assert "would be noticed" in many.sentence


def test_under_fifteen_units_even_a_large_shift_is_too_little_data():
    window = _rows(14, 5, seed=1, shift=9.0, name="new")
    finding = check(_rows(100, 5), window)
    assert finding.state == "too little data"
    assert finding.reach is not None and finding.reach.powers[0] < 0.5
    assert check(_rows(14, 5), _rows(40, 5, seed=1)).state == "too little data"


def test_the_same_check_twice_is_the_same():
    assert check(_rows(60, 2), _rows(20, 2, seed=1)) == check(_rows(60, 2), _rows(20, 2, seed=1))


def test_scale_and_outliers_do_not_decide():
    before, after = _rows(100, 1), _rows(30, 1, seed=1, name="new")
    p = check(before, after, reaching=False).p
    stretched = [
        Rows(side.clusters, {"features": Numbers(np.exp(side.numbers["features"].values))},
             side.labels)
        for side in (before, after)
    ]  # fmt: skip
    plain = [
        Rows(side.clusters, {"features": Numbers(side.numbers["features"].values)}, side.labels)
        for side in (before, after)
    ]
    assert check(*stretched, reaching=False).p == check(*plain, reaching=False).p
    assert p is not None


@pytest.mark.parametrize("fill", [0.0, np.nan, np.inf])
def test_what_is_constant_or_unknown_is_no_drift(fill):
    before, after = (np.full((units, 4), fill) for units in (60, 30))
    finding = check(_only(before), _only(after))
    assert (finding.state, finding.p) == ("no drift", 1.0)
    assert finding.reach is not None and finding.reach.powers == (0.0, 0.0, 0.0, 0.0)


def test_holes_are_left_out():
    window = _rows(30, 3, seed=1, shift=2.0, name="new")
    window.numbers["features"].values[::2, 1] = np.nan
    window.numbers["features"].values[5, :] = np.inf
    assert check(_rows(100, 3), window).state == "drift"


def test_a_long_embedding_and_few_units_are_defined():
    generator = np.random.default_rng(0)
    embedding = generator.standard_normal((35, 160)).astype(np.float32)
    finding = check(_only(embedding[:20]), _only(embedding[20:]))
    assert finding.state == "no drift"
    moved = check(_only(embedding[:20]), _only(embedding[20:] + 1.0))
    assert moved.state == "drift"


def test_identical_windows_are_no_drift():
    finding = check(_rows(40, 2), _rows(40, 2))
    assert finding.state == "no drift"
    assert all(driver.difference == 0.0 for driver in finding.drivers)


def test_nothing_at_all_is_too_little_data():
    nothing = Rows([])
    assert check(nothing, nothing).state == "too little data"
    assert check(Rows(["a"] * 50), Rows([""] * 50)).state == "too little data"  # no figures


def test_labels_alone_can_drift():
    before, after = Rows([""] * 80, labels={"genre": ["jazz", "rock"] * 40}), Rows(
        [""] * 40, labels={"genre": ["jazz"] * 38 + ["folk", ""]}
    )  # fmt: skip
    finding = check(before, after)
    assert finding.state == "drift"
    assert finding.labels["genre"]["rock"] == pytest.approx(-0.5)
    assert all(after.labels["genre"][song] == "jazz" for song in finding.songs)


def test_columns_and_lengths_must_match():
    with pytest.raises(ValueError, match="one entry a song"):
        Rows(["a"], {"features": Numbers(np.zeros((2, 1)))})
    with pytest.raises(ValueError, match="a name for each"):
        Rows(["a"], {"features": Numbers(np.zeros((1, 2)), ("one",))})
    with pytest.raises(ValueError, match="other columns"):
        check(_only(np.zeros((20, 2))), _only(np.zeros((20, 3))))


def test_measures_equal_their_definitions():
    generator = np.random.default_rng(0)
    values, window = generator.standard_normal((30, 2)), np.arange(30) >= 20
    sides = window[:, None].astype(np.float32)
    empirical = [
        max(abs(np.mean(new <= x) - np.mean(old <= x)) for x in column)
        for column in values.T
        for old, new in [(column[~window], column[window])]
    ]
    np.testing.assert_allclose(Columns("x", values).each(sides)[:, 0], empirical, atol=1e-6)
    shares = np.eye(2)[(values[:, 0] > 0).astype(int)]
    seen, expected = shares[window].sum(axis=0), shares.sum(axis=0) / 3
    distance = Labels("x", ("a", "b"), shares).distances(sides)[0]
    assert distance == pytest.approx(np.sum((seen - expected) ** 2 / expected))
    half = generator.permutation(window)
    apart, mixed = (Cloud("x", values + 3 * window[:, None]).distances(side[:, None])[0]
                    for side in (sides[:, 0], half.astype(np.float32)))  # fmt: skip
    assert apart > mixed


def test_differences_are_in_spreads():
    values = np.array([[0.0, 5], [2, 5], [4, 5], [10, 5], [12, 5], [14, 5]])
    away = differences(values, np.arange(6) >= 3)
    np.testing.assert_allclose(away, [10 / np.sqrt(8 / 3), 0.0])


def test_false_discovery_by_the_book():
    np.testing.assert_allclose(false_discovery([0.01, 0.04, 0.03]), [0.03, 0.04, 0.04])


def test_the_split_takes_the_newest_units_and_a_steady_sample():
    clusters = [f"artist {song // 2}" for song in range(4000)]
    sides = split(clusters, window_units=10, reference_units=50)
    assert sides.window.tolist() == list(range(3980, 4000))
    assert len({clusters[row] for row in sides.reference}) == 50
    later = split([*clusters, "artist new"], window_units=10, reference_units=50)
    before, after = ({clusters[row] for row in each.reference} for each in (sides, later))
    assert len(before & after) >= 48
    assert sides.library[0] == 2
    most = split(["one"] * 100 + ["two"] * 3, window_units=1, songs_each=5)
    assert most.reference.tolist() == [95, 96, 97, 98, 99]
    assert split([]).window.tolist() == []


def test_units_are_means_of_as_many_songs_on_either_side():
    many = _only(np.ones((160, 1)), [f"artist {row // 8}" for row in range(160)])
    values = np.arange(160.0)[:, None]
    one = Rows([f"new {row}" for row in range(20)], {"features": Numbers(np.ones((20, 1)))},
               library=np.full(20, 8))  # fmt: skip
    many = Rows(many.clusters, {"features": Numbers(values)}, library=np.full(160, 8))
    means = units_of(many, one).numbers["features"].values[:20]
    assert (means == np.round(means)).all()  # one song each, not the mean of eight


def test_a_tick_without_new_units_is_no_look():
    watch = Watch.start(day=0.0, step=3)
    arrived, clusters = np.array([0.1, 0.2, 0.3, 0.4]), ["a", "a", "b", "c"]
    assert not watch.due(1.0, arrived[:3], clusters[:3])
    assert watch.due(1.0, arrived, clusters)
    after = watch.looked(1.0, upto=0.4)
    assert not after.due(1.1, arrived, clusters)
    assert after.due(1.2, np.array([0.4, 0.5, 0.5, 0.5]), ["c", "", "", "d"])


def test_a_year_of_looks_spends_no_more_than_its_allowance():
    for looks in (1, 12, 100, 3000):
        watch, spent = Watch.start(day=0.0), 0.0
        for day in np.linspace(0, 365, looks):
            spent += watch.allowed(day)
            watch = watch.looked(day, upto=day)
        assert spent <= 0.05
        assert watch.looks == looks


def test_looks_are_rarer_rather_than_too_thin_to_mean_something():
    watch, days = Watch.start(day=0.0), []
    for day in np.arange(0, 1000, 0.25):
        if watch.due(day, np.full(99, day + 0.1), [""] * 99):
            watch = watch.looked(day, upto=day)
            days.append(day)
    assert np.diff(days).min() == 0.25
    assert np.diff(days)[-50:].mean() == pytest.approx(0.00025 / (0.025 / 365), abs=0.3)


def test_the_purse_is_never_over_half_a_year_and_renews():
    watch = Watch.start(day=0.0)
    assert watch.allowed(4000.0) == watch.allowed(0.0) == pytest.approx(0.0025)
    thin = watch.looked(1.0, 1.0).looked(1.0, 1.0)
    assert thin.allowed(1.0) < thin.renewed(1.0).allowed(1.0) == pytest.approx(0.0025)


def test_the_watch_goes_through_json():
    for watch in (Watch.start(3.0), Watch.start(3.0, alpha=0.1).looked(4.0, upto=17.5)):
        assert Watch.of(json.loads(json.dumps(watch.as_dict()))) == watch


def test_three_genres_are_seen_among_real_songs(shared):
    songs = table.read(shared / "data" / "gtzan" / "features_30_sec.csv")
    rows = Rows(songs.artists.tolist(), {"features": Numbers(songs.features, FEATURES)})
    few = np.isin(songs.labels, ["classical", "jazz", "disco"])
    chosen = np.random.default_rng(0).permutation(np.unique(songs.artists[few]))[:40]
    window = np.isin(songs.artists, chosen) & few
    assert check(rows.take(~window), rows.take(window)).state == "drift"
    assert false_alarm_rate(rows, window_units=15, trials=5).ours <= 0.4
