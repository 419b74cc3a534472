"""Both bivariate models: known truths, borders, and what has no answer."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import expit
from tables_of_studies import drawn, table

from mien.errors import ParameterError
from mien.review.synthesis.binomial_likelihood import BinomialLikelihood
from mien.review.synthesis.bivariate import NO_SPREAD, NotEstimable
from mien.review.synthesis.bivariate_binomial import fit_binomial, parameters_of
from mien.review.synthesis.bivariate_normal import fit_normal
from mien.review.synthesis.hsroc import hsroc, region

FITS = [fit_binomial, fit_normal]


@pytest.fixture(scope="module")
def many():
    return drawn(400, (0.8, 1.1), -0.5)


@pytest.mark.parametrize("fit", FITS)
def test_a_known_truth_is_found(many, fit):
    found = fit(many)
    assert found.mu == pytest.approx([1.5, 2.5], abs=0.2)
    # the normal model's half in every cell draws what is near 100 % towards the middle
    assert np.sqrt(np.diag(found.sigma)) == pytest.approx([0.8, 1.1], abs=0.12)
    assert found.rho == pytest.approx(-0.5, abs=0.1)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx([0.04, 0.055], abs=0.01)


def test_quadrature_is_the_integral():
    """Of one study with three diseased people, against SciPy's adaptive rule."""
    one = table([(2, 1, 1, 4)])
    parameters = np.array([[0.4, 1.1, 1.3, -0.6, 0.9]])

    def density(z2: float, z1: float) -> float:
        u = 0.4 + 1.3 * z1, 1.1 - 0.6 * z1 + 0.9 * z2
        p = expit(u)
        chance = stats.binom.pmf(2, 3, p[0]) * stats.binom.pmf(4, 5, p[1])
        return float(chance * stats.norm.pdf(z1) * stats.norm.pdf(z2))

    truth, _ = integrate.dblquad(density, -6, 6, -6, 6, epsabs=1e-7, epsrel=1e-6)
    design = np.ones((1, 1))
    errors = [
        abs(BinomialLikelihood.of(one, design, nodes)(parameters)[0] - np.log(truth))
        for nodes in (1, 5, 15)
    ]
    assert errors[0] < 0.2 and errors[1] < 1e-2 and errors[2] < 1e-4


def test_laplace_nears_the_integral_with_large_studies(many):
    few = many.take(np.arange(20))
    laplace, exact = fit_binomial(few), fit_binomial(few, nodes=9)
    assert laplace.mu == pytest.approx(exact.mu, abs=0.01)
    assert laplace.sigma == pytest.approx(exact.sigma, abs=0.02)


def test_a_fit_does_not_depend_on_its_start(many):
    few = many.take(np.arange(15))
    found = fit_binomial(few)
    again = fit_binomial(few, start=parameters_of(found) + 0.3)
    assert again.loglik == pytest.approx(found.loglik, abs=1e-6)
    assert again.sigma == pytest.approx(found.sigma, abs=1e-3)


def test_without_a_spread_the_model_is_a_pooled_proportion():
    found = fit_binomial(table([(80, 10, 20, 90)] * 6))
    assert expit(found.mu) == pytest.approx([0.8, 0.9], abs=1e-4)
    assert found.covariance[0, 0] == pytest.approx(1 / (600 * 0.8 * 0.2), rel=1e-2)
    assert np.diag(found.sigma) == pytest.approx([0, 0], abs=1e-5)
    assert np.isnan(found.rho) and len(found.notes) == 1
    assert "No variance of sensitivity or specificity" in found.notes[0]
    assert hsroc(found) is None


ALIKE = [(80, 10, 20, 90), (41, 4, 9, 46), (159, 21, 41, 179), (24, 3, 6, 27), (62, 8, 16, 71)]


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("rows", [ALIKE, [(80, 10, 20, 90), (55, 2, 45, 98)] * 3])
def test_what_does_not_vary_has_no_variance_and_no_correlation(fit, rows):
    found = fit(table(rows))
    for variance in np.diag(found.sigma):
        assert variance == 0 or variance >= NO_SPREAD
    if np.diag(found.sigma).min() == 0:
        assert found.sigma[0, 1] == 0 and found.as_dict()["rho"] is None
        assert "correlation" in found.notes[-1] and "not defined" in found.notes[-1]
    elif abs(found.rho) > 0.9999:
        assert "limit" in found.notes[-1]


@pytest.mark.parametrize("rows", [ALIKE, [(80, 10, 20, 90), (55, 2, 45, 98)] * 3])
def test_a_new_study_lies_where_the_region_says_and_no_nearer_than_the_mean(rows):
    found = fit_binomial(table(rows))
    border = region(found, prediction=True)
    for k, (mean, reach) in enumerate(
        ((found.sensitivity, border[:, 1]), (found.specificity, 1 - border[:, 0]))
    ):
        low, high = found.predicted(k)
        assert reach.min() <= low <= mean[1] and mean[2] <= high <= reach.max()


@pytest.mark.parametrize("sign", [1, -1])
def test_a_correlation_at_its_limit_is_told(sign):
    rows = [(90, 5, 10, 95), (80, 10, 20, 90), (60, 20, 40, 80), (95, 2, 5, 98)]
    if sign < 0:
        rows = [(tp, fp, fn, tn) for (tp, _, fn, _), (_, fp, _, tn) in
                zip(rows, [rows[k] for k in (2, 1, 0, 3)], strict=True)]  # fmt: skip
        rows[3] = (95, 30, 5, 70)
    found = fit_binomial(table(rows))
    assert found.rho == pytest.approx(sign, abs=1e-3)
    assert "limit" in found.notes[0]
    assert np.isfinite(found.covariance).all()


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([(20, 1, 0, 30), (15, 2, 0, 22), (40, 5, 0, 61), (8, 1, 0, 9)], "100 % in every"),
        ([(0, 1, 9, 30), (0, 2, 8, 22), (0, 5, 7, 61), (0, 1, 6, 9)], "0 % in every"),
        ([(0, 1, 0, 30), (0, 2, 0, 22), (0, 5, 0, 61), (0, 1, 0, 9)], "no study has diseased"),
        ([(99, 0, 0, 99), (0, 99, 99, 0), (99, 99, 0, 0), (0, 0, 99, 99)], "without end"),
    ],
)
def test_what_has_no_finite_estimate_says_so(rows, why):
    with pytest.raises(NotEstimable, match=why):
        fit_binomial(table(rows))


@pytest.mark.parametrize("fit", FITS)
def test_a_study_without_diseased_people_tells_of_specificity_only(many, fit):
    few = many.take(np.arange(12))
    more = table([*zip(few.tp, few.fp, few.fn, few.tn, strict=True), (0, 0, 0, 30_000)])
    before, after = fit(few), fit(more)
    assert after.mu[1] > before.mu[1] + 0.1
    assert after.mu[0] == pytest.approx(before.mu[0], abs=0.15)


def test_nodes_are_limited(many):
    with pytest.raises(ParameterError, match="31"):
        fit_binomial(many, nodes=99)


def test_the_curve_passes_through_where_both_spread_alike(many):
    """With equal spread and no moderators the curve holds the summary point's odds ratio."""
    found = fit_binomial(many)
    curve = hsroc(found)
    assert curve is not None
    rates = np.linspace(0.01, 0.99, 50)
    assert (np.diff(curve.sensitivity(rates)) > 0).all()
    assert 0.5 < curve.auc < 1
    # the curve's slope in logits is the ratio of the two spreads
    logits = np.log(curve.sensitivity(rates) / (1 - curve.sensitivity(rates)))
    slope = np.polyfit(np.log(rates / (1 - rates)), logits, 1)[0]
    assert slope == pytest.approx(np.sqrt(found.sigma[0, 0] / found.sigma[1, 1]), rel=1e-6)


def test_regions_hold_as_many_studies_as_they_say(many):
    found = fit_binomial(many)
    draws = np.random.default_rng(2).multivariate_normal(found.mu, found.sigma, 4000)
    border = region(found, prediction=True)
    from matplotlib.path import Path

    inside = Path(border).contains_points(np.stack([expit(-draws[:, 1]), expit(draws[:, 0])], 1))
    assert inside.mean() == pytest.approx(0.95, abs=0.02)
    small = region(found, prediction=False)
    assert np.ptp(small, 0).max() < np.ptp(border, 0).max() / 3
