"""Differences that were put in are found; seconds that are alike are not taken for many."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from cohorts import cohort
from scipy.stats import chi2_contingency

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.clustered import (
    BY_EQUATIONS,
    BY_SIGNS,
    _by_mixed,
    chance_of_one_role,
    differences,
    odds_by_encounter,
)
from mien.encounter.doctors import _fitted, p_of_mean
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


LENGTHS = [(200, 200), (200, 120), (300, 100)]


def by_encounter(made, name):
    each = np.array([tally.counts for tally in made.tallies])
    return each[:, :, EXPRESSIONS.index(name)], each.sum(2)


@pytest.mark.parametrize("steps", LENGTHS)
def test_odds_and_their_interval_are_those_of_seconds_one_by_one(steps):
    import statsmodels.api as sm
    from scipy.stats import t as student

    hits, totals = by_encounter(cohort(SADDER, EVEN, 14, spread=0.1, steps=steps), "sadness")
    values, roles, groups = [], [], []
    for k, (seen, of) in enumerate(zip(hits, totals, strict=True)):
        for role in (0, 1):
            values += [1.0] * seen[role] + [0.0] * (of[role] - seen[role])
            roles += [1.0 - role] * of[role]
            groups += [k] * of[role]
    fitted = sm.GEE(
        np.array(values),
        sm.add_constant(np.array(roles)),
        groups=np.array(groups),
        family=sm.families.Binomial(),
        cov_struct=sm.cov_struct.Independence(),
    ).fit(cov_type="bias_reduced")
    odds, interval, p, why = odds_by_encounter(hits, totals)
    assert not why and math.log(odds) == pytest.approx(fitted.params[1], rel=1e-6)
    width = student.ppf(0.975, 13) * fitted.bse[1]
    assert np.log(interval) == pytest.approx(fitted.params[1] + width * np.array([-1, 1]), rel=1e-4)
    assert p == pytest.approx(2 * student.sf(abs(fitted.params[1] / fitted.bse[1]), 13), rel=1e-3)


def null_study(seed, steps, rate, doctors=0.0, encounters=40):
    """Hits and totals without a difference, and whose; doctors may have habits of their own."""
    rng = np.random.default_rng(seed)
    whose = np.arange(encounters) % 4
    logits = math.log(rate / (1 - rate)) + rng.normal(0, 0.5, (encounters, 2))
    logits[:, 0] += rng.normal(0, doctors, 4)[whose]
    totals = np.tile(steps, (encounters, 1))
    return rng.binomial(totals, 1 / (1 + np.exp(-logits))), totals, whose.astype(str)


def significant(studies):
    """How many of them by the equations, and by the mixed model."""
    equations = sum(odds_by_encounter(hits, totals)[2] < 0.05 for hits, totals, _ in studies)
    return equations, sum(_by_mixed(*one) < 0.05 for one in studies)


def test_unlike_lengths_of_rare_expressions_are_no_difference():
    equations, mixed = significant([null_study(seed, (200, 120), 0.003) for seed in range(120)])
    assert equations <= 14 and mixed <= 12  # of 120: 6 are expected


@pytest.mark.thorough
@pytest.mark.parametrize("steps", LENGTHS)
@pytest.mark.parametrize("rate", [0.003, 0.05, 0.3])
def test_about_one_study_in_twenty_without_a_difference_has_one(steps, rate):
    equations, mixed = significant([null_study(seed, steps, rate) for seed in range(400)])
    assert 6 <= equations <= 34 and mixed <= 34  # of 400: 20 are expected
    habits = [null_study(seed, steps, rate, doctors=0.5) for seed in range(400)]
    assert significant(habits)[1] <= 34


def test_the_mixed_model_finds_a_difference_over_unlike_lengths():
    found = by_name(differences(cohort(SADDER, EVEN, steps=(200, 120))))["sadness"]
    assert found.mixed_p < 1e-4 and found.mixed_p <= found.mixed_p_holm < 1e-3


def test_doctors_who_differ_are_fitted_as_statsmodels_does():
    import statsmodels.api as sm

    rng = np.random.default_rng(3)
    whose = np.repeat(np.arange(5), [4, 9, 6, 7, 5]).astype(str)
    for habit in (2.0, 1.0):
        values = 0.4 + rng.normal(0, habit, 5)[whose.astype(int)] + rng.normal(0, 1, 31)
        ratio, mean, error = _fitted(values, whose.astype(int), 5)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = sm.MixedLM(values, np.ones((31, 1)), groups=whose).fit(reml=True)
        assert mean == pytest.approx(model.params[0], abs=1e-3)
        assert error == pytest.approx(model.bse[0], rel=1e-2)
        assert ratio == pytest.approx(model.params[1], rel=0.02, abs=1e-3)
    level = rng.normal(0, 1, 31)
    for doctor in "01234":  # as alike as they can be: their variance is 0
        level[whose == doctor] -= level[whose == doctor].mean()
    assert _fitted(level + 0.4, whose.astype(int), 5)[0] == 0
    assert math.isnan(p_of_mean(values, np.full(31, "one")))
    assert math.isnan(p_of_mean(np.ones(31), whose))


def test_what_one_of_them_never_shows_has_no_odds_ratio_and_says_so():
    never = [*EVEN[:1], 0.0, *EVEN[2:]]
    found = differences(cohort(EVEN, never))
    disgust = by_name(found)["disgust"]
    assert math.isnan(disgust.odds_ratio) and "never seen with patients" in disgust.why_not
    assert disgust.patient == 0 and disgust.share_interval[0] > 0
    assert math.isnan(disgust.mixed_p) and math.isnan(disgust.mixed_p_holm)
    # its p is of another test, and is one of the seven that are corrected
    assert disgust.test == BY_SIGNS and disgust.p == pytest.approx(2 * 0.5**30, rel=0.5)
    assert disgust.p_holm == pytest.approx(7 * disgust.p)
    assert all(math.isfinite(entry.p_holm) for entry in found[:7])
    assert by_name(found)["sadness"].test == BY_EQUATIONS
    assert disgust.as_dict()["odds_ratio"] is None


def test_what_nobody_shows_is_no_difference_and_what_one_always_shows_may_be_one():
    never = [*EVEN[:1], 0.0, *EVEN[2:]]
    nobody = by_name(differences(cohort(never, never)))["disgust"]
    assert nobody.p == nobody.p_holm == 1 and nobody.test == BY_SIGNS
    always = by_name(differences(cohort([0, 0, 0, 0, 1, 0, 0], EVEN, 9)))["neutral"]
    assert always.why_not == "nothing else was seen" and always.p == pytest.approx(2 * 0.5**9)


def test_signs_are_flipped_in_proportion_to_the_time_of_either():
    hits, totals = np.array([[3, 0], [0, 0], [1, 0]]), np.array([[90, 10], [50, 50], [60, 40]])
    assert chance_of_one_role(hits, totals) == 1  # 2 * .9 * .6
    assert chance_of_one_role(hits[:, ::-1], totals) == pytest.approx(2 * 0.1 * 0.4)
    # rare, and doctors assessed for ten times as long: still about one study in twenty at most
    wrong = 0
    for seed in range(200):
        hits, totals, _ = null_study(seed, (200, 20), 0.003, encounters=15)
        if not hits.sum(0).all():
            wrong += chance_of_one_role(hits, totals) < 0.05
    assert wrong <= 16


def test_one_encounter_cannot_be_compared():
    with pytest.raises(ParameterError, match="at least two"):
        differences(cohort(EVEN, EVEN, 1))


def test_few_doctors_have_no_interval_of_their_own():
    found = by_name(differences(cohort(SADDER, EVEN, doctors=3)))["sadness"]
    assert found.by_doctor is None and np.isfinite(found.mixed_p)
