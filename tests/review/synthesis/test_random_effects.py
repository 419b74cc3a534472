"""One number a study: published results, and what follows from the definitions."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from mien.errors import ParameterError
from mien.review.synthesis.proportions import Effects, exact_intervals, logits
from mien.review.synthesis.random_effects import METHODS, pool

# Trials of the vaccine against tuberculosis: Colditz et al., JAMA 1994; treated and untreated, with
# and without the disease, and the latitude.
BCG = np.array(
    [
        (4, 119, 11, 128, 44), (6, 300, 29, 274, 55), (3, 228, 11, 209, 42),
        (62, 13536, 248, 12619, 52), (33, 5036, 47, 5761, 13), (180, 1361, 372, 1079, 44),
        (8, 2537, 10, 619, 19), (505, 87886, 499, 87892, 13), (29, 7470, 45, 7232, 27),
        (17, 1699, 65, 1600, 42), (186, 50448, 141, 27197, 18), (5, 2493, 3, 2338, 33),
        (27, 16886, 29, 17825, 33),
    ],
    float,
).T  # fmt: skip


@pytest.fixture(scope="module")
def bcg() -> Effects:
    a, b, c, d, _ = BCG
    return Effects(np.log(a / (a + b) / (c / (c + d))), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))


@pytest.mark.parametrize(
    ("method", "mu", "se", "tau2", "i2"),
    [
        ("REML", -0.7145, 0.1798, 0.3132, 92.22),
        ("DL", -0.7141, 0.1787, 0.3088, 92.12),
        ("PM", -0.7150, 0.1809, 0.3181, 92.33),
    ],
)
def test_the_vaccine_trials_come_out_as_published(bcg, method, mu, se, tau2, i2):
    """Viechtbauer, J. Stat. Softw. 2010, and metafor's documentation."""
    found = pool(bcg, method)
    assert found.mu == pytest.approx(mu, abs=1e-4) and found.se == pytest.approx(se, abs=1e-4)
    assert found.tau2 == pytest.approx(tau2, abs=1e-4)
    assert found.I2 == pytest.approx(i2, abs=0.01)
    assert found.Q == pytest.approx(152.233, abs=1e-3) and found.df == 12
    assert found.tau2_interval == pytest.approx((0.1197, 1.1115), abs=1e-4)


def test_latitude_moderates_the_vaccine_as_published(bcg):
    found = pool(bcg, "REML", np.stack([np.ones(13), BCG[4]], 1))
    assert found.coefficients == pytest.approx([0.2515, -0.0291], abs=1e-4)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx([0.2491, 0.0072], abs=1e-4)
    assert found.tau2 == pytest.approx(0.0764, abs=1e-4)
    assert found.Q == pytest.approx(30.733, abs=1e-3)


def test_two_methods_agree_with_statsmodels(bcg):
    for ours, theirs in (("DL", "chi2"), ("PM", "iterated")):
        other = combine_effects(bcg.values, bcg.variances, method_re=theirs)
        assert pool(bcg, ours).tau2 == pytest.approx(other.tau2, rel=1e-4)
        assert pool(bcg, ours).mu == pytest.approx(other.mean_effect_re, rel=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_equal_studies_have_no_variance(method):
    found = pool(Effects(np.full(5, 0.7), np.full(5, 0.2)), method)
    assert found.tau2 == 0 and found.I2 == 0
    assert found.mu == pytest.approx(0.7) and found.se == pytest.approx(np.sqrt(0.04))
    assert found.knapp_hartung_se == pytest.approx(0)


@pytest.mark.parametrize("method", METHODS)
def test_a_known_variance_is_found(method):
    random = np.random.default_rng(3)
    variances = random.uniform(0.01, 0.1, 500)
    values = random.normal(0.5, np.sqrt(variances + 0.25))
    found = pool(Effects(values, variances), method)
    assert found.tau2 == pytest.approx(0.25, abs=0.03)
    assert found.mu == pytest.approx(0.5, abs=0.05)
    low, high = found.prediction()
    assert (low, high) == pytest.approx((0.5 - 0.98, 0.5 + 0.98), abs=0.1)


def test_knapp_and_hartung_are_wider_where_studies_differ(bcg):
    found = pool(bcg, "DL")
    plain, wide = found.interval(), found.interval(knapp_hartung=True)
    assert wide[0] < plain[0] and wide[1] > plain[1]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("spread", [0.0, 0.05, 0.6])
def test_a_new_study_is_never_known_better_than_the_mean(method, spread):
    """Also where studies are more alike than chance makes them: Knapp and Hartung's is small."""
    values = 1.0 + spread * np.array([-1.0, 1.0, 0.3, -0.5])
    found = pool(Effects(values, np.full(4, 0.1)), method)
    low, high = found.prediction()
    for ends in (found.interval(), found.interval(knapp_hartung=True)):
        assert low <= ends[0] and ends[1] <= high
    assert found.as_dict()["prediction"] == found.as_dict()["knapp_hartung"]["prediction"]


def test_too_few_and_unknown_are_refused(bcg):
    with pytest.raises(ParameterError, match="too few"):
        pool(Effects(np.ones(1), np.ones(1)))
    with pytest.raises(ParameterError, match="REML"):
        pool(bcg, "ML")


def test_half_is_added_only_where_a_cell_is_empty():
    found = logits(np.array([10.0, 5.0, 0.0]), np.array([5.0, 0.0, 0.0]))
    assert found.values[:2] == pytest.approx([np.log(2), np.log(11)])
    assert found.known.tolist() == [True, True, False]


def test_exact_intervals_reach_their_ends():
    """Clopper and Pearson: 0 of 10 reaches to 1 - .025^(1/10)."""
    found = exact_intervals(np.array([0.0, 10.0, 0.0]), np.array([10.0, 10.0, 0.0]))
    assert found[0] == pytest.approx([0, 1 - 0.025**0.1])
    assert found[1] == pytest.approx([0.025**0.1, 1])
    assert np.isnan(found[2]).all()
