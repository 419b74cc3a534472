"""Statistics of agreement against published examples and against other implementations."""

from __future__ import annotations

import numpy as np
import pytest

from mien.study.agreement import agreement, pairs_of
from mien.study.coefficients import (
    alpha,
    gwet,
    gwets,
    interval_alphas,
    kappas,
    ordinal_alphas,
    weighted_kappa,
)
from mien.study.estimate import LeftOut
from mien.study.intraclass import intraclass, intraclasses
from mien.study.items import Item

N = np.nan
FOUR = np.array([
    [1, 1, N, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
    [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [N, 5, 5, 5], [N, N, 1, 1], [N, 3, N, N],
])  # fmt: skip
"""Four observers, twelve units: Krippendorff, "Computing Krippendorff's alpha-reliability"."""
SIX = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)
"""Six targets, four judges: Shrout & Fleiss 1979, table 2."""


def units(table):
    """Two raters' contingency table as units."""
    return np.array([[i, j] for i, row in enumerate(table) for j, n in enumerate(row)
                     for _ in range(n)], float)  # fmt: skip


@pytest.mark.parametrize(
    ("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_alpha_of_krippendorffs_example(level, published):
    assert alpha(FOUR, level=level) == pytest.approx(published, abs=5e-4)


def test_ac1_of_gwets_examples():
    """2002 (prevalence), and with missing scores as in the handbook's package irrCAC."""
    assert gwet(units([[118, 5], [2, 0]]), np.arange(2)) == pytest.approx(0.9408, abs=5e-5)
    three = units([[13, 0, 0], [0, 20, 7], [0, 4, 56]])
    assert gwet(three, np.arange(3)) == pytest.approx(0.8493305, abs=1e-6)
    assert gwet(FOUR, np.arange(1, 6)) == pytest.approx(0.77544, abs=1e-5)


def test_kappa_is_low_where_ac1_is_not():
    """The paradox that AC1 was made for: agreement in 118 of 125."""
    table = units([[118, 5], [2, 0]])
    assert weighted_kappa(table, np.arange(2), 1) == pytest.approx(-0.0234, abs=5e-5)


def test_icc_of_shrout_and_fleiss():
    item = Item("x", "x", 0, 10)
    found = agreement(SIX, item, np.arange(6), normal=True)
    for name, value, low, high in (("icc_2_1", 0.29, 0.02, 0.76), ("icc_3_1", 0.71, 0.34, 0.95)):
        one = found[name]
        assert (one.value, one.low, one.high) == pytest.approx((value, low, high), abs=6e-3)


def test_icc_is_pingouins():
    import pandas
    import pingouin

    rng = np.random.default_rng(1)
    table = rng.integers(0, 5, 40)[:, None] + rng.integers(0, 2, (40, 3)) * 1.0
    rows = [(i, j, table[i, j]) for i in range(40) for j in range(3)]
    frame = pandas.DataFrame(rows, columns=["clip", "rater", "score"])
    theirs = pingouin.intraclass_corr(frame, "clip", "rater", "score").set_index("Type")
    item = Item("x", "x", 0, 6)
    found = agreement(table, item, np.arange(40), normal=True)
    for name, of in (("icc_2_1", "ICC(A,1)"), ("icc_3_1", "ICC(C,1)")):
        assert found[name].value == pytest.approx(theirs["ICC"][of], abs=1e-9)
        assert [found[name].low, found[name].high] == pytest.approx(theirs["CI95"][of], abs=6e-3)


@pytest.mark.parametrize(("weights", "power"), [("linear", 1), ("quadratic", 2)])
def test_weighted_kappa_is_statsmodels(weights, power):
    from statsmodels.stats.inter_rater import cohens_kappa

    rng = np.random.default_rng(2)
    counts = rng.integers(0, 9, (5, 5))
    theirs = cohens_kappa(counts, wt=weights)
    assert weighted_kappa(units(counts), np.arange(5), power) == pytest.approx(theirs.kappa)
    found = agreement(units(counts), Item("x", "x", 0, 4), np.arange(counts.sum()))
    ours = found[f"kappa_{weights}"]
    # the jackknife's interval is nearly that of the asymptotic formula
    assert (ours.high - ours.low) / (theirs.kappa_upp - theirs.kappa_low) == pytest.approx(
        1, abs=0.12
    )


def test_an_interval_knows_that_answers_of_one_clip_hang_together():
    rng = np.random.default_rng(3)
    once = rng.integers(0, 5, (30, 2)).astype(float)
    item, clips = Item("x", "x", 0, 4), np.arange(30)
    alone = agreement(once, item, clips)
    five = agreement(np.tile(once, (5, 1)), item, np.tile(clips, 5))
    for name in ("identical", "kappa_quadratic", "ac1", "alpha"):
        one, more = alone[name], five[name]
        assert more.value == pytest.approx(one.value, abs=0.02)  # alpha counts pairs
        assert more.high - more.low == pytest.approx(one.high - one.low, rel=0.12), name


def test_every_pair_of_a_unit_counts():
    assert pairs_of(np.array([[1, 2, N], [1, 2, 3], [N, N, 4]])).tolist() == [
        [1, 2], [1, 2], [1, 3], [2, 3],
    ]  # fmt: skip


def test_what_is_not_defined_is_said():
    item, clips = Item("x", "x", 0, 4), np.arange(10)
    same = agreement(np.full((10, 2), 2.0), item, clips)
    assert same["kappa_quadratic"].value is None and "AC1" in same["kappa_quadratic"].why
    assert same["alpha"].value is None and same["icc_2_1"].value is None
    assert same["ac1"].value == 1.0 and "Perfect" in same["ac1"].why
    perfect = agreement(np.tile(np.arange(10.0)[:, None] % 5, 2), item, clips)
    for name in ("kappa_linear", "ac1", "alpha", "icc_2_1", "icc_3_1"):
        assert (perfect[name].value, perfect[name].interval) == (1.0, None)
    few = agreement(np.array([[1, 2], [3, 3.0]]), item, np.arange(2))
    assert few["kappa_linear"].interval is None and "2 clips" in few["kappa_linear"].why
    none = agreement(np.full((3, 2), N), item, np.arange(3))
    assert {one.why for one in none.values()} == {"No clip has two scores to compare."}
    assert np.isnan(intraclass(np.ones((1, 2)), True))


def test_scores_that_cannot_be_counted_have_no_kappa():
    rng = np.random.default_rng(4)
    table = rng.normal(50, 10, (30, 1)) + rng.normal(0, 3, (30, 2))
    found = agreement(table, Item("x", "x", 0, 100, 0.0), np.arange(30))
    assert found["kappa_linear"].value is None and found["ac1"].value is None
    assert found["alpha"].value > 0.7 and found["icc_2_1"].low > 0.7


def test_scores_that_differ_by_less_than_a_step_leave_nothing_to_tell(recwarn):
    table = np.array([[0.0, 1e-300], [1e-300, 0.0], [0.0, 0.0]])
    assert np.isnan(alpha(table, np.arange(5.0))) and not recwarn.list


def test_values_without_a_clip_are_those_of_the_others():
    """What follows from sums is what the rows that are left give by themselves."""
    rng = np.random.default_rng(6)
    table = (rng.integers(0, 5, (40, 1)) + rng.integers(-1, 2, (40, 3))).clip(0, 4) * 1.0
    table[rng.random(table.shape) < 0.1] = N
    clips, scores = rng.integers(0, 12, 40), np.arange(5.0)
    left, whole = LeftOut.of(clips), np.isfinite(table).all(1)
    found = {
        "kappa": (kappas(table, scores, 2, left), lambda t: weighted_kappa(t, scores, 2)),
        "ac1": (gwets(table, scores, 0, left), lambda t: gwet(t, scores)),
        "ac2": (gwets(table, scores, 2, left), lambda t: gwet(t, scores, 2)),
        "alpha": (ordinal_alphas(table, scores, left), lambda t: alpha(t, scores)),
        "on a line": (interval_alphas(table, left), lambda t: alpha(t, scores, "interval")),
        "icc": (
            intraclasses(table[whole], True, left.rows(whole)),
            lambda t: intraclass(t, True),
        ),
    }
    for name, (values, by_itself) in found.items():
        names = np.unique(clips)
        expected = [by_itself(table), *(by_itself(table[clips != clip]) for clip in names)]
        assert values == pytest.approx(np.array(expected), abs=1e-12), name
