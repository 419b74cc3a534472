"""Simulated participants: what was put in is what comes out."""

from __future__ import annotations

import numpy as np
import pytest

from mien.blendshapes.names import NAMES
from mien.blendshapes.prototypes import FIVE, SEVEN, prototype
from mien.errors import ParameterError
from mien.selfnorm.simulated_people import Style, people
from mien.selfnorm.simulated_study import simulate

STILL = {
    "rest": 0.0, "strength": 0.0, "skipped": 0.0, "added": 0.0, "weak": 0.0, "wrong": 0.0,
    "asymmetry": 0.0, "lag_s": 0.0, "onset_s": 0.0, "fatigue": 0.0, "wavering": 0.0,
    "lapses_per_minute": 0.0, "speech": 0.0, "blinks_per_minute": 0.0, "gaze": 0.0, "noise": 0.0,
    "lost": 0.0,
}  # fmt: skip
"""Everybody shows the textbook, at once and without noise."""


def column(study, name: str) -> np.ndarray:
    return study.scores[:, study.names.index(name)]


def test_counts_are_exact_and_nearly_even():
    study = simulate(12, 12 * 5 * 100 + 37, seed=3)
    assert len(study) == 6037 and study.names == NAMES and study.expressions == FIVE
    assert len(np.unique(study.participants)) == 12
    sizes = np.bincount(study.recordings())
    assert len(sizes) == 60 and sizes.min() > 80 and sizes.max() < 120
    assert study.scores.min() >= 0 and study.scores.max() <= 1


def test_few_snapshots_are_spread_too():
    assert np.bincount(simulate(3, 15, seed=1).recordings()).tolist() == [1] * 15
    assert len(simulate(3, 16, seed=1)) == 16


def test_a_seed_decides_everything():
    one, same, other = simulate(2, 400, seed=5), simulate(2, 400, seed=5), simulate(2, 400, seed=6)
    assert np.array_equal(one.scores, same.scores) and np.array_equal(one.times, same.times)
    assert not np.array_equal(one.scores[:50], other.scores[:50])


def test_a_participant_is_the_same_in_a_larger_study():
    few, many = people(2, seed=4)[1], people(9, seed=4)[1]
    assert few.name == many.name == "P002"
    assert np.array_equal(few.apex(), many.apex()) and few.shown == many.shown


def test_without_style_and_noise_everybody_shows_the_prototype():
    study = simulate(3, 3 * 7 * 20, SEVEN, **STILL)
    for k, name in enumerate(SEVEN):
        # the first snapshot is that of the request
        shown = study.scores[(study.labels == k) & (study.times > 0.1)]
        assert np.allclose(shown, prototype(name), atol=1e-5), name


def test_prototypes_are_recovered_from_many_people():
    study = simulate(40, 40 * 5 * 150, seed=2)
    late = study.take(study.times > 3.0)
    rest = np.mean([person.rest for person in people(40, seed=2)], 0)
    for k, name in enumerate(FIVE):
        moved = late.scores[late.labels == k].mean(0) - rest
        r = [np.corrcoef(moved, prototype(other))[0, 1] for other in FIVE]
        assert r[k] > 0.9 and np.argmax(r) == k, name


def test_reactions_begin_after_their_lag_and_take_their_onset():
    settings = STILL | {"lag_s": 0.7, "onset_s": 0.4}
    study = simulate(20, 20 * 300, ("happiness",), **settings)
    smile = column(study, "mouthSmileLeft")
    for person in people(20, ("happiness",), **settings):
        own = study.participants == person.name
        times, course = study.times[own], smile[own] / 0.75
        assert times[course > 0.001][0] == pytest.approx(person.lag_s[0], abs=0.05)
        half = person.lag_s[0] + person.onset_s[0] / 2
        assert times[course > 0.5][0] == pytest.approx(half, abs=0.05)
    lags = [person.lag_s[0] for person in people(400, ("happiness",), lag_s=0.7)]
    assert np.mean(lags) == pytest.approx(0.7, abs=0.06)


def test_fatigue_takes_its_share_by_the_end():
    settings = STILL | {"fatigue": 0.3}
    study = simulate(6, 6 * 300, ("sadness",), **settings)
    frown = column(study, "mouthFrownRight") / 0.5
    for person in people(6, ("sadness",), **settings):
        assert frown[study.participants == person.name][-1] == pytest.approx(
            1 - person.fatigue[0], abs=0.01
        )


def test_sides_differ_only_with_asymmetry():
    even = simulate(4, 400, ("anger",), **STILL | {"wavering": 0.3})
    assert np.allclose(column(even, "browDownLeft"), column(even, "browDownRight"), atol=1e-6)
    uneven = simulate(4, 400, ("anger",), **STILL | {"asymmetry": 0.2})
    assert np.abs(column(uneven, "browDownLeft") - column(uneven, "browDownRight")).mean() > 0.02


def test_noise_blinks_and_gaze_are_as_strong_as_asked():
    quiet = simulate(8, 8 * 600, ("neutral",), **STILL)
    noisy = simulate(8, 8 * 600, ("surprise",), **STILL | {"noise": 0.04})
    inner = column(noisy, "browInnerUp")[noisy.times > 0.1]
    assert inner.std() == pytest.approx(0.04, rel=0.1)
    blinking = simulate(8, 8 * 600, ("neutral",), **STILL | {"blinks_per_minute": 20.0})
    shut = column(blinking, "eyeBlinkLeft") > 0.5
    begins = int((shut[1:] & ~shut[:-1]).sum())
    assert 25 <= begins <= 85  # 160 s at 20 a minute: 53, but chance
    assert not column(quiet, "eyeBlinkLeft").any()
    looking = simulate(8, 8 * 600, ("neutral",), **STILL | {"gaze": 0.1})
    across = column(looking, "eyeLookOutLeft") - column(looking, "eyeLookInLeft")
    assert across.std() == pytest.approx(0.1, rel=0.25)


def test_lapses_speech_and_lost_stretches_leave_their_traces():
    lapsing = simulate(10, 10 * 400, ("happiness",), **STILL | {"lapses_per_minute": 20.0})
    gone = column(lapsing, "mouthSmileLeft")[lapsing.times > 0.2] < 0.1
    assert 0.05 < gone.mean() < 0.35
    speaking = simulate(10, 10 * 400, ("neutral",), **STILL | {"speech": 1.0})
    assert column(speaking, "jawOpen").max() > 0.25
    lost = simulate(10, 10 * 400, ("neutral",), **STILL | {"lost": 1.0})
    steps = np.diff(lost.times)
    assert (steps > 1.5 / Style().rate_hz).sum() >= 5 and len(lost) == 4000


def test_who_errs_shows_something_else():
    everybody = people(30, FIVE, **STILL | {"wrong": 1.0})
    for person in everybody:
        for k, (asked, shown) in enumerate(zip(FIVE, person.shown, strict=True)):
            assert shown != asked
            assert np.allclose(person.apex()[k], prototype(shown), atol=1e-6)
    assert {people(9, FIVE)[k].shown == FIVE for k in range(9)} == {True, False}


def test_people_resemble_themselves():
    """What makes a snapshot-level split leak: snapshots of one recording are of one kind."""
    study = simulate(30, 30 * 5 * 120, seed=8)
    late = study.take(study.times > 2)
    happy = late.take(late.labels == FIVE.index("happy"))
    whose = np.unique(happy.participants, return_inverse=True)[1]
    means = np.stack([happy.scores[whose == k].mean(0) for k in range(whose.max() + 1)])
    within = (happy.scores - means[whose]).var(0).sum()
    between = means.var(0).sum()
    assert between > within


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"participants": 0}, "at least one participant"),
        ({"expressions": ("neutral", "neutral")}, "once"),
        ({"expressions": ("pride",)}, "choose from neutral"),
        ({"snapshots": 9, "participants": 2}, "at least 10"),
        ({"seed": -1}, "whole number"),
        ({"charm": 1.0}, "charm is no part of a style"),
        ({"weak": 1.5}, "between 0 and 1"),
        ({"noise": -0.1}, "noise must be a number from 0 up"),
        ({"lag_s": float("nan")}, "lag_s must be"),
        ({"rate_hz": 0.5}, "between 1 and 240"),
    ],
)
def test_bad_settings_are_refused(arguments, said):
    with pytest.raises(ParameterError, match=said):
        simulate(**{"participants": 2, "snapshots": 40, **arguments})


def test_a_style_says_what_it_is():
    assert all(value >= 0 for value in vars(Style()).values())
