"""Random-effects meta-analysis and meta-regression of one number a study.

The variance between studies is estimated as DerSimonian and Laird [1]_, Paule and Mandel [2]_ or by
restricted maximum likelihood [3]_ do; the mean's uncertainty by normal theory and as Hartung,
Knapp and Sidik propose [4]_; the range of a new study's true value as Higgins et al. [5]_.

References
----------
.. [1] DerSimonian & Laird, Controlled Clinical Trials 1986.
.. [2] Paule & Mandel, J. Res. Natl. Bur. Stand. 1982; DerSimonian & Kacker, Contemp. Clin. Trials
   2007.
.. [3] Viechtbauer, J. Educ. Behav. Stat. 2005.
.. [4] Hartung & Knapp, Stat. Med. 2001; Knapp & Hartung, Stat. Med. 2003.
.. [5] Higgins, Thompson & Spiegelhalter, J. R. Stat. Soc. A 2009.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import optimize, stats

from mien.errors import ParameterError
from mien.review.synthesis.proportions import Effects

Method = Literal["DL", "REML", "PM"]
METHODS: tuple[Method, ...] = ("DL", "REML", "PM")
_CONFIDENCE = 0.95


@dataclass(frozen=True, eq=False)
class RandomEffects:
    """What was pooled of one number a study."""

    method: Method
    """How the variance between studies was estimated."""
    n: int
    """Studies."""
    coefficients: np.ndarray
    """Mean, or coefficients of the design, shape (p,)."""
    covariance: np.ndarray
    """Theirs, by normal theory, shape (p, p)."""
    tau2: float
    """Variance of the true values between studies."""
    tau2_interval: tuple[float, float]
    """By the Q profile (Viechtbauer, Stat. Med. 2007); the upper end may be infinite."""
    Q: float
    """Cochran's statistic of (residual) heterogeneity."""
    df: int
    """Its degrees of freedom."""
    I2: float
    """Share of the total variance that lies between studies, per cent (Higgins & Thompson 2002)."""
    knapp_hartung_scale: float
    """What Knapp and Hartung multiply the covariance by."""

    @property
    def mu(self) -> float:
        """The mean, where the design is a constant."""
        return float(self.coefficients[0])

    @property
    def se(self) -> float:
        """Standard error of the mean by normal theory."""
        return float(np.sqrt(self.covariance[0, 0]))

    @property
    def knapp_hartung_se(self) -> float:
        """Standard error of the mean as Knapp and Hartung."""
        return float(np.sqrt(self.covariance[0, 0] * self.knapp_hartung_scale))

    def interval(self, knapp_hartung: bool = False) -> tuple[float, float]:
        """Of the mean, 95 %: by the normal distribution, or by t with Knapp and Hartung's error."""
        if knapp_hartung:
            reach = self._t() * self.knapp_hartung_se
        else:
            reach = float(stats.norm.ppf(0.5 + _CONFIDENCE / 2)) * self.se
        return self.mu - reach, self.mu + reach

    def prediction(self) -> tuple[float, float]:
        """Where the true value of a new study lies, 95 %, by t.

        Of the mean's two standard errors it takes the larger: Knapp and Hartung's is the smaller
        one where studies are more alike than chance makes them, and a new study cannot be known
        better than the mean is.
        """
        se = max(self.se, self.knapp_hartung_se)
        spread = self._t() * float(np.sqrt(se**2 + self.tau2))
        return self.mu - spread, self.mu + spread

    def _t(self) -> float:
        return float(stats.t.ppf(0.5 + _CONFIDENCE / 2, self.df)) if self.df > 0 else np.nan

    def as_dict(self) -> dict[str, Any]:
        """For JSON; Q and I² with two digits, as metafor prints them."""
        kh_se = self.knapp_hartung_se
        p = float(2 * stats.t.sf(abs(self.mu / kh_se), self.df)) if kh_se > 0 else None
        return {
            "n": self.n,
            "mu": self.mu,
            "se": self.se,
            "ci": list(self.interval()),
            "prediction": list(self.prediction()),
            "tau2": self.tau2,
            "tau2_ci": list(self.tau2_interval),
            "I2": round(self.I2, 2),
            "Q": round(self.Q, 2),
            "df": self.df,
            "Q_p": float(stats.chi2.sf(self.Q, self.df)) if self.df else None,
            "knapp_hartung_se": kh_se,
            "knapp_hartung": {
                "se": kh_se,
                "ci": list(self.interval(True)),
                "prediction": list(self.prediction()),
                "p": p,
            },
        }


def pool(
    effects: Effects, method: Method = "REML", design: np.ndarray | None = None
) -> RandomEffects:
    """Pool one number a study, or regress it on what is known of the studies.

    Parameters
    ----------
    effects : Effects
        Studies that say nothing are left out.
    method : str
        `REML`, `PM` or `DL`.
    design : np.ndarray [shape=(n_studies, p)], optional
        Of full rank; a constant if not given.

    Raises
    ------
    ParameterError
        If there is no such method, or there are no more studies than coefficients.
    """
    if method not in METHODS:
        raise ParameterError(f"method is {method!r}: choose one of {', '.join(METHODS)}.")
    known = effects.known
    if design is not None:
        known = known & np.isfinite(design).all(1)
    y, v = effects.values[known], effects.variances[known]
    x = np.ones((len(y), 1)) if design is None else design[known]
    if len(y) <= x.shape[1] or np.linalg.matrix_rank(x) < x.shape[1]:
        raise ParameterError(
            f"{len(y)} studies are too few for {x.shape[1]} coefficients: add studies or leave "
            "moderators out."
        )
    model = _Weighted(y, v, x)
    tau2 = {"DL": _dersimonian_laird, "PM": _paule_mandel, "REML": _restricted}[method](model)
    beta, covariance, q = model.fit(tau2)
    df = len(y) - x.shape[1]
    weights = 1 / v
    typical = df / float(np.trace(model.projection(weights)))
    return RandomEffects(
        method=method,
        n=len(y),
        coefficients=beta,
        covariance=covariance,
        tau2=tau2,
        tau2_interval=_profile(model),
        Q=model.q(0.0),
        df=df,
        I2=100 * tau2 / (tau2 + typical),
        knapp_hartung_scale=q / df,
    )


class _Weighted:
    """Weighted least squares of studies for any variance between them."""

    def __init__(self, y: np.ndarray, v: np.ndarray, x: np.ndarray) -> None:
        self.y, self.v, self.x = y, v, x
        self.df = len(y) - x.shape[1]

    def fit(self, tau2: float) -> tuple[np.ndarray, np.ndarray, float]:
        """Coefficients, their covariance, and the weighted sum of squares that is left."""
        w = 1 / (self.v + tau2)
        covariance = np.linalg.inv((self.x * w[:, None]).T @ self.x)
        beta = covariance @ (self.x.T @ (w * self.y))
        return beta, covariance, float(w @ (self.y - self.x @ beta) ** 2)

    def q(self, tau2: float) -> float:
        """Generalised Q."""
        return self.fit(tau2)[2]

    def projection(self, w: np.ndarray) -> np.ndarray:
        """W - W X (X'WX)⁻¹ X'W."""
        wx = self.x * w[:, None]
        return np.diag(w) - wx @ np.linalg.inv(wx.T @ self.x) @ wx.T

    def restricted_score(self, tau2: float) -> float:
        """Derivative of twice the restricted log-likelihood by the variance."""
        p = self.projection(1 / (self.v + tau2))
        return float((p @ self.y) @ (p @ self.y) - np.trace(p))

    def restricted_loglik(self, tau2: float) -> float:
        """Restricted log-likelihood, without constants."""
        w = 1 / (self.v + tau2)
        _, covariance, q = self.fit(tau2)
        return float(0.5 * (np.log(w).sum() + np.linalg.slogdet(covariance)[1] - q))


def _dersimonian_laird(model: _Weighted) -> float:
    trace = float(np.trace(model.projection(1 / model.v)))
    return max(0.0, (model.q(0.0) - model.df) / trace)


def _paule_mandel(model: _Weighted) -> float:
    return _root(lambda tau2: model.q(tau2) - model.df, model)


def _restricted(model: _Weighted) -> float:
    """The highest of the stationary points and 0: the likelihood may have several."""
    grid = np.concatenate([[0.0], np.geomspace(1e-4, 1.0, 60) * _beyond(model)])
    scores = [model.restricted_score(tau2) for tau2 in grid]
    tops = [0.0]
    for k in range(len(grid) - 1):
        if scores[k] > 0 >= scores[k + 1]:
            tops.append(
                optimize.brentq(
                    model.restricted_score, grid[k], grid[k + 1], xtol=1e-14, rtol=1e-13
                )
            )
    return float(max(tops, key=model.restricted_loglik))


def _beyond(model: _Weighted) -> float:
    """More than the variance between studies can be."""
    return 10 * float(np.var(model.y) * len(model.y) / model.df + model.v.max()) + 1e-6


def _root(surplus: Callable[[float], float], model: _Weighted) -> float:
    """Where a falling function of the variance is 0; 0 if it is negative there already."""
    if surplus(0.0) <= 0:
        return 0.0
    high = _beyond(model)
    for _ in range(60):
        if surplus(high) < 0:
            return float(optimize.brentq(surplus, 0.0, high, xtol=1e-14, rtol=1e-13))
        high *= 4
    return float("inf")


def _profile(model: _Weighted) -> tuple[float, float]:
    tail = (1 - _CONFIDENCE) / 2
    ends = stats.chi2.ppf([1 - tail, tail], model.df)
    low, high = (_where(model, float(end)) for end in ends)
    return low, high


def _where(model: _Weighted, level: float) -> float:
    """The variance at which Q is as large."""
    return _root(lambda tau2: model.q(tau2) - level, model)
