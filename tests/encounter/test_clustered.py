"""Differences that were put in are found; seconds that are alike are not taken for many."""

from __future__ import annotations

import math

import numpy as np
import pytest
from cohorts import cohort
from scipy.stats import chi2_contingency

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.clustered import differences, odds_by_encounter
from mien.errors import ParameterError

EVEN = [1.0, 1.0, 1.0, 2.0, 6.0, 2.0, 1.0]
SADDER = [1.0, 1.0, 1.0, 2.0, 6.0, 6.0, 1.0]
pytest.importorskip("statsmodels", reason="statsmodels is for studies only")


def by_name(found):
    return {entry.expression: entry for entry in found}


def test_a_difference_that_was_put_in_is_found_and_the_odds_are_those_of_all_seconds():
    made = cohort(SADDER, EVEN)
    found = by_name(differences(made))
    assert list(found) == [*EXPRESSIONS, "negative", "positive"]
    sad = found["sadness"]
    hits, totals = made.counts[:, EXPRESSIONS.index("sadness")], made.counts.sum(1)
    odds = hits / (totals - hits)
    assert sad.odds_ratio == pytest.approx(odds[0] / odds[1], rel=1e-6)
    true = (6 / 12) / (2 / 12)
    assert sad.odds_interval[0] < true < sad.odds_interval[1] and sad.p_holm < 1e-4
    low, high = sad.share_interval
    assert low < 6 / 18 - 2 / 14 < high and low > 0 and sad.by_doctor[0] > 0
    assert sad.cohen_h > 0.2 and sad.mixed_p < 0.001
    assert found["negative"].odds_ratio > 1 and math.isnan(found["negative"].p_holm)


def test_correction_never_makes_p_smaller_and_is_of_the_seven_alone():
    found = differences(cohort(EVEN, EVEN, 24, seed=3))[:7]
    assert all(entry.p_holm >= entry.p for entry in found)
    assert min(e.p_holm for e in found) == pytest.approx(min(1, 7 * min(e.p for e in found)))


def test_without_a_difference_clustered_seconds_seldom_find_one_where_pooled_ones_do():
    clustered, pooled = 0, 0
    k = EXPRESSIONS.index("sadness")
    for seed in range(40):
        made = cohort(EVEN, EVEN, 24, spread=0.3, seed=seed)
        counts, totals = made.counts[:, k], made.counts.sum(1)
        pooled += chi2_contingency([counts, totals - counts]).pvalue < 0.05
        each = np.array([tally.counts for tally in made.tallies])
        clustered += odds_by_encounter(each[:, :, k], each.sum(2))[2] < 0.05
    assert pooled > 20 and clustered <= 7  # of 40: 2 are expected


def test_what_one_of_them_never_shows_has_no_odds_ratio_and_says_so():
    never = [*EVEN[:1], 0.0, *EVEN[2:]]
    found = by_name(differences(cohort(EVEN, never)))["disgust"]
    assert math.isnan(found.odds_ratio) and "never seen with patients" in found.why_not
    assert found.patient == 0 and found.share_interval[0] > 0
    assert found.as_dict()["p"] is None


def test_one_encounter_cannot_be_compared():
    with pytest.raises(ParameterError, match="at least two"):
        differences(cohort(EVEN, EVEN, 1))


def test_few_doctors_have_no_interval_of_their_own():
    found = by_name(differences(cohort(SADDER, EVEN, doctors=3)))["sadness"]
    assert found.by_doctor is None and np.isfinite(found.mixed_p)
