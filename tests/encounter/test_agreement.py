"""Cohen's kappa against values computed by hand and by definition."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from encounters import moments
from mien.encounter.agreement import agreement
from mien.encounter.timeline import Timeline
from mien.errors import ParameterError
from mien.statistics import cohen


def line(course, seconds=60, role="patient", **settings):
    return Timeline.of(moments(role, seconds, course, **settings), role)


def test_a_table_with_known_kappa():
    # Cohen 1960's kind of table: observed .7, expected .5
    assert cohen(np.array([[[20, 5], [10, 15]]]))[0] == pytest.approx(0.4)
    assert cohen(np.array([[[5, 0], [0, 5]]]))[0] == pytest.approx(1)
    assert cohen(np.array([[[25, 25], [25, 25]]]))[0] == pytest.approx(0)
    assert math.isnan(cohen(np.array([[[9, 0], [0, 0]]]))[0])


def test_the_same_timeline_agrees_wholly():
    one = line([(5, 15, "sadness"), (30, 45, "anger")])
    found = agreement([one], [one])
    assert found.kappa == pytest.approx(1)
    assert found.share == 1
    assert found.interval == pytest.approx((1, 1))
    assert found.by_expression == pytest.approx({"anger": 1, "neutral": 1, "sadness": 1})
    assert found.coverage == 1


def test_unrelated_timelines_agree_by_chance_only():
    rng = np.random.default_rng(3)
    one = line([], 2000, fps=1)
    first = replace(one, dominant=rng.integers(0, 7, 2000).astype(np.int16))
    second = replace(one, dominant=rng.integers(0, 7, 2000).astype(np.int16))
    found = agreement([first], [second])
    assert abs(found.kappa) < 0.05
    assert found.interval is not None and found.interval[0] < 0 < found.interval[1]


def test_lost_seconds_are_counted_and_weigh_where_asked():
    one = line([(5, 35, "sadness")])
    other = line([(5, 35, "sadness")], missing=[(10, 40)])
    found = agreement([one], [other])
    assert (found.lost, found.gained, found.steps) == (30, 0, 30)
    assert found.kappa == pytest.approx(1)
    assert found.kappa_all < 0.6
    nothing = agreement([one], [line([], missing=[(0, 60)])])
    assert nothing.steps == 0
    assert math.isnan(nothing.kappa)
    assert nothing.kappa_all == pytest.approx(0)
    assert nothing.as_dict()["kappa"] is None


def test_steps_are_matched_by_time():
    one = line([(5, 15, "sadness")], 30)
    later = Timeline.of(
        moments("patient", 20, [(5, 15, "sadness")], start=3.0), "patient", start=3.0
    )
    found = agreement([one], [later])
    assert found.kappa == pytest.approx(1)
    assert found.lost == 10


def test_different_people_cannot_be_compared():
    with pytest.raises(ParameterError, match="one role"):
        agreement([line([])], [line([], role="doctor")])
    with pytest.raises(ParameterError, match="no timelines"):
        agreement([], [])
