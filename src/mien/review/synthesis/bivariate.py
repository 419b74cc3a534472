"""What both bivariate models of diagnostic accuracy say of a set of studies."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import expit

NO_SPREAD = 1e-6
"""Variance of logits between studies that counts as none: a standard deviation of .001 moves no
proportion by as much as is printed, and a correlation of what does not vary is not defined."""
_AT_LIMIT = 0.9999  # of a correlation
_SIDES = ("sensitivity", "specificity")
_Z = float(stats.norm.ppf(0.975))


class NotEstimable(Exception):
    """The model has no finite maximum in these studies; the text says why."""


@dataclass(frozen=True, eq=False)
class Bivariate:
    """Means and spread of logit sensitivity and logit specificity over studies."""

    model: str
    """`binomial` or `normal`."""
    n: int
    """Studies."""
    mu: np.ndarray
    """Mean logit sensitivity and logit specificity, shape (2,)."""
    covariance: np.ndarray
    """Of these estimates, shape (2, 2)."""
    sigma: np.ndarray
    """Covariance of true logits between studies, shape (2, 2)."""
    loglik: float
    """Logarithm of the (restricted) likelihood, all constants included."""
    notes: tuple[str, ...] = ()
    """What limits the numbers, a sentence each."""
    coefficients: np.ndarray = field(default_factory=lambda: np.empty(0))
    """With moderators, all coefficients: those of sensitivity, then those of specificity."""
    coefficient_covariance: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    """Theirs."""

    @property
    def rho(self) -> float:
        """Correlation of logit sensitivity and logit specificity; NaN where one has no spread."""
        if np.diag(self.sigma).min() < NO_SPREAD:
            return math.nan
        scale = math.sqrt(self.sigma[0, 0] * self.sigma[1, 1])
        return float(np.clip(self.sigma[0, 1] / scale, -1, 1))

    @property
    def sensitivity(self) -> tuple[float, float, float]:
        """Summary sensitivity and its 95 % confidence interval."""
        return _back(self.mu[0], math.sqrt(self.covariance[0, 0]))

    @property
    def specificity(self) -> tuple[float, float, float]:
        """Summary specificity and its 95 % confidence interval."""
        return _back(self.mu[1], math.sqrt(self.covariance[1, 1]))

    def predicted(self, which: int) -> tuple[float, float]:
        """Where the sensitivity (0) or specificity (1) of a new study lies, 95 %.

        By t with as many degrees of freedom as the region of both has (`hsroc.region`), which is
        wider, as it holds both at once.
        """
        spread = math.sqrt(self.covariance[which, which] + self.sigma[which, which])
        reach = float(stats.t.ppf(0.975, self.n - 2)) if self.n > 2 else _Z
        return _back(self.mu[which], spread, reach)[1:]

    def ratios(self) -> dict[str, dict[str, Any]]:
        """Diagnostic odds ratio and likelihood ratios at the summary point, by the delta method."""
        sensitivity, specificity = expit(self.mu)
        logs = {
            "dor": (float(self.mu.sum()), np.array([1.0, 1.0])),
            "lr_positive": (
                math.log(sensitivity) - math.log1p(-specificity),
                np.array([1 - sensitivity, specificity]),
            ),
            "lr_negative": (
                math.log1p(-sensitivity) - math.log(specificity),
                np.array([-sensitivity, -(1 - specificity)]),
            ),
        }
        found = {}
        for name, (value, slope) in logs.items():
            reach = _Z * math.sqrt(float(slope @ self.covariance @ slope))
            ends = [_exp(value - reach), _exp(value + reach)]
            found[name] = {"value": _exp(value), "ci": ends}
        return found

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        (sens, *sens_ci), (spec, *spec_ci) = self.sensitivity, self.specificity
        rho = None if math.isnan(self.rho) else self.rho
        se = np.sqrt(np.diag(self.covariance))
        numbers: dict[str, Any] = {
            "n": self.n,
            "mu_sens": float(self.mu[0]),
            "se_sens": float(se[0]),
            "mu_spec": float(self.mu[1]),
            "se_spec": float(se[1]),
            "cov": float(self.covariance[0, 1]),
            "var_sens": float(self.sigma[0, 0]),
            "var_spec": float(self.sigma[1, 1]),
            "rho": rho,
        }
        if self.model == "normal":  # as published: in terms of the false-positive rate
            numbers |= {
                "mu_fpr": -float(self.mu[1]),
                "se_fpr": float(se[1]),
                "cov_sens_fpr": -float(self.covariance[0, 1]),
                "var_fpr": float(self.sigma[1, 1]),
                "rho": None if rho is None else -rho,
                "rho_sens_spec": rho,
            }
        return numbers | {
            "loglik": self.loglik,
            "sensitivity": {
                "value": sens, "ci": list(sens_ci), "prediction": list(self.predicted(0))
            },
            "specificity": {
                "value": spec, "ci": list(spec_ci), "prediction": list(self.predicted(1))
            },
            **self.ratios(),
            "notes": list(self.notes),
        }  # fmt: skip


def settled(sigma: np.ndarray) -> np.ndarray:
    """A covariance between studies in which a variance below `NO_SPREAD` is 0, shape (2, 2)."""
    spread = np.diag(sigma) >= NO_SPREAD
    return np.where(np.outer(spread, spread), sigma, 0.0)


def spread_notes(sigma: np.ndarray) -> list[str]:
    """What a covariance between studies cannot tell, a sentence each."""
    without = [name for k, name in enumerate(_SIDES) if sigma[k, k] < NO_SPREAD]
    if without:
        return [
            f"No variance of {' or '.join(without)} between studies was found (0); the correlation "
            "of the two is then not defined."
        ]
    if abs(sigma[0, 1]) > _AT_LIMIT * math.sqrt(sigma[0, 0] * sigma[1, 1]):
        limit = "+1" if sigma[0, 1] > 0 else "−1"
        return [
            "The correlation between sensitivity and specificity is estimated at its limit of "
            f"{limit}: there are too few studies, or too similar ones, for it."
        ]
    return []


def _back(mean: float, se: float, reach: float = _Z) -> tuple[float, float, float]:
    """A logit and its interval as proportions."""
    return float(expit(mean)), float(expit(mean - reach * se)), float(expit(mean + reach * se))


def _exp(value: float) -> float:
    """The exponential, as large as a number can be."""
    return math.exp(min(value, 700.0))
