"""The tables of scripted encounters, whose numbers are known."""

from __future__ import annotations

import numpy as np
import pytest
from observed import observed

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.comparison import compare
from mien.encounter.counts import counts
from mien.encounter.episodes import durations, episodes, transitions
from mien.encounter.latency import latency
from mien.encounter.observation import NOT_SEEN
from mien.encounter.timeline import Timeline
from mien.errors import ParameterError

SAD = [(5.0, 8.0, "sadness"), (15.0, 17.0, "anger"), (25.0, 28.0, "fear"),
       (35.0, 38.0, "sadness"), (45.0, 48.0, "disgust"), (55.0, 58.0, "sadness")]  # fmt: skip


def timeline(role, course, seconds=60.0, resolution=1.0, missing=()):
    return Timeline.of(
        observed(role, seconds, course, missing=missing), role, resolution=resolution
    )


def answering(delay: float, length: float = 2.0):
    return [(start + delay, start + delay + length, "happiness") for start, _, _ in SAD]


def test_counts_and_shares():
    counted = counts(
        timeline("patient", [(2, 6, "sadness"), (8, 9, "happiness")], 20, missing=[(10, 15)])
    )
    seconds = dict(zip(EXPRESSIONS, counted.seconds, strict=True))
    assert seconds["sadness"] == 4 and seconds["happiness"] == 1 and seconds["neutral"] == 10
    assert counted.assessed_s == 15 and counted.missing_s == {NOT_SEEN: 5.0}
    assert counted.shares.sum() == pytest.approx(1)
    nobody = counts(timeline("patient", [], 5, missing=[(0, 5)]))
    assert nobody.assessed_s == 0 and np.isnan(nobody.shares).all()
    assert nobody.as_dict()["expressions"]["anger"]["share"] is None


def test_comparison_has_the_numbers_of_the_textbook():
    doctor = timeline("doctor", [(10, 30, "happiness")])
    patient = timeline("patient", [(5, 20, "sadness"), (40, 45, "happiness")])
    found = compare(doctor, patient)
    assert found.expressions == ("happiness", "neutral", "sadness")
    assert found.counts.tolist() == [[20, 40, 0], [5, 40, 15]]
    # half of 25, 80 and 15 are expected in each row: 2 (7.5² / 12.5 + 7.5² / 7.5)
    assert found.chi2 == pytest.approx(24) and found.degrees == 2
    assert found.p == pytest.approx(np.exp(-12))  # of two degrees of freedom: exp(-χ² / 2)
    assert found.cramers_v == pytest.approx(np.sqrt(24 / 120))
    assert found.residuals[0, 0] == pytest.approx(7.5 / np.sqrt(12.5 * 0.5 * (1 - 25 / 120)))
    # adjusted residuals of a table with two rows mirror each other
    assert np.allclose(found.residuals[0], -found.residuals[1])
    assert found.residuals[0, 0] > 2 and found.residuals[0, 2] < -2
    assert "neighbouring seconds" in found.caution


def test_equal_people_do_not_differ():
    pair = [timeline(role, SAD) for role in ("doctor", "patient")]
    found = compare(*pair)
    assert found.chi2 == pytest.approx(0) and found.cramers_v == pytest.approx(0)
    by_episode = compare(*pair, "episodes")
    assert by_episode.counts[0].sum() == 13 and "below 5" in by_episode.caution


def test_nothing_to_compare_is_said():
    pair = [timeline("doctor", []), timeline("patient", [], missing=[(0, 60)])]
    found = compare(*pair)
    assert np.isnan(found.p) and "too little" in found.caution
    assert found.as_dict()["p"] is None
    with pytest.raises(ParameterError, match="one resolution"):
        compare(pair[0], timeline("patient", [], resolution=0.2))


def test_episodes_durations_and_transitions():
    seen = timeline("patient", [(2, 5, "sadness"), (5, 6, "anger")], 10, missing=[(3, 4)])
    found = [(e.expression, e.start, e.end) for e in episodes(seen)]
    assert found == [
        ("neutral", 0, 2), ("sadness", 2, 3), ("sadness", 4, 5), ("anger", 5, 6),
        ("neutral", 6, 10),
    ]  # fmt: skip
    assert durations(seen)["sadness"] == {
        "episodes": 2, "mean_s": 1.0, "median_s": 1.0, "longest_s": 1.0,
    }  # fmt: skip
    matrix = transitions(seen)
    neutral, sad, angry = (EXPRESSIONS.index(n) for n in ("neutral", "sadness", "anger"))
    assert matrix[neutral, sad] == 1 and matrix[sad, angry] == 1 and matrix[sad, sad] == 0
    assert matrix.sum() == 7  # ten steps, nine pairs, two of them with the missing second


@pytest.mark.parametrize("delay", [0.6, 2.0, 4.2])
def test_a_planted_latency_is_recovered(delay):
    doctor = timeline("doctor", answering(delay), resolution=0.2)
    found = latency(doctor, timeline("patient", SAD, resolution=0.2))
    assert found.events == found.answered == len(SAD) and found.share == 1
    assert found.median_s == pytest.approx(delay, abs=1e-6)
    assert [a.expression for a in found.answers] == [name for _, _, name in SAD]
    assert {a.after for a in found.answers} == {"happiness"}
    assert found.by_chance < 0.9 and found.p < 0.5


def test_a_face_that_does_not_move_answers_nothing():
    found = latency(timeline("doctor", [], 70), timeline("patient", SAD, 70))
    assert found.events == len(SAD) and found.answered == 0 and found.share == 0
    assert found.median_s is None and found.interval[1] < 0.5 and found.by_chance == 0


def test_answers_after_the_limit_do_not_count():
    doctor = timeline("doctor", answering(5.6, 1.0), resolution=0.2)
    found = latency(doctor, timeline("patient", SAD, resolution=0.2))
    assert found.answered == 0


def test_few_or_unseen_events_are_not_over_read():
    one = timeline("patient", SAD[:1])
    assert "only 1 event:" in latency(timeline("doctor", []), one).caution
    away = timeline("doctor", [], missing=[(5, 8)])
    found = latency(away, one)
    assert found.events == 0 and found.share is None and "could not be followed" in found.caution
    none = latency(timeline("doctor", SAD), timeline("patient", []))
    assert none.answers == () and "no negative" in none.caution
    # somebody who comes back with a negative face has no onset that was seen
    back = timeline("patient", SAD[:1], missing=[(2, 5)])
    assert latency(timeline("doctor", []), back).answers == ()
