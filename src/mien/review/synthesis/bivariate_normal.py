"""The bivariate model of logits: Reitsma et al., J. Clin. Epidemiol. 2005.

Logit sensitivity and logit false-positive rate of each study are normal around their true values
with known variances, and these around the mean with an unknown covariance, which is estimated by
restricted maximum likelihood.
"""

from __future__ import annotations

import numpy as np
from scipy import optimize

from mien.review.synthesis.accuracy_table import AccuracyTable
from mien.review.synthesis.bivariate import Bivariate, NotEstimable, settled, spread_notes
from mien.review.synthesis.proportions import Correction, logit_pairs

_UNKNOWN = 1e12  # variance of what a study does not tell


class _Restricted:
    """The restricted log-likelihood of the lower triangle of the covariance."""

    def __init__(self, y: np.ndarray, v: np.ndarray) -> None:
        self.known = np.isfinite(y)
        self.y = np.where(self.known, y, 0.0)
        self.v = np.where(self.known, v, _UNKNOWN)
        self.observations = int(self.known.sum())

    def weights(self, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Inverse covariances of the studies (n, 2, 2), and log determinants of these (n,)."""
        both = np.broadcast_to(sigma, (len(self.y), 2, 2)).copy()
        both[:, 0, 0] += self.v[:, 0]
        both[:, 1, 1] += self.v[:, 1]
        w = np.linalg.inv(both)
        known = self.known
        w = w * (known[:, :, None] & known[:, None, :])
        det = both[:, 0, 0] * both[:, 1, 1] - both[:, 0, 1] ** 2
        alone = np.where(known[:, 0], both[:, 0, 0], both[:, 1, 1])
        return w, -np.log(np.where(known.all(1), det, alone))

    def mean(self, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Generalised least squares: mean (2,), covariance (2, 2)."""
        covariance = np.linalg.inv(w.sum(0))
        return covariance @ np.einsum("nij,nj->i", w, self.y), covariance

    def __call__(self, triangle: np.ndarray) -> float:
        w, logdets = self.weights(_sigma(triangle))
        mu, covariance = self.mean(w)
        rest = self.y - mu
        q = np.einsum("ni,nij,nj->", rest, w, rest)
        constant = (self.observations - 2) * np.log(2 * np.pi)
        gram = np.log(self.known.sum(0)).sum()  # of the design, as metafor and mixmeta count it
        return float(
            -0.5 * (constant - gram - logdets.sum() - np.linalg.slogdet(covariance)[1] + q)
        )


def fit_normal(table: AccuracyTable, correction: Correction = "all") -> Bivariate:
    """Fit the model.

    Parameters
    ----------
    table : AccuracyTable
        Studies without diseased, or without healthy, people tell of the other proportion only.
    correction : str
        What half is added to: the cells of `all` studies, of those with a `zero`, or of `none`.

    Raises
    ------
    NotEstimable
        If fewer than two studies tell of sensitivity, or of specificity.
    """
    pair = logit_pairs(table, correction)
    y = np.stack([effects.values for effects in pair], 1)
    v = np.stack([effects.variances for effects in pair], 1)
    for k, name in enumerate(("sensitivity", "specificity")):
        if np.isfinite(y[:, k]).sum() < 2:
            raise NotEstimable(f"fewer than two studies tell of {name}")
    likelihood = _Restricted(y, v)
    spread = np.sqrt(np.clip(np.nanvar(y, 0) - np.nanmean(v, 0), 0.05, 9.0))
    starts = [[spread[0], slope * spread[1], spread[1]] for slope in (0.0, 0.5, -0.5)]
    runs = [
        optimize.minimize(
            lambda t: -likelihood(t), start, method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000},
        )
        for start in starts
    ]  # fmt: skip
    best = min(runs, key=lambda run: run.fun)
    sigma = _sigma(best.x)
    mu, covariance = likelihood.mean(likelihood.weights(sigma)[0])
    turn = np.array([1.0, -1.0])  # from false positives to specificity
    turned = settled(sigma * np.outer(turn, turn))
    return Bivariate(
        model="normal",
        n=len(table),
        mu=mu * turn,
        covariance=covariance * np.outer(turn, turn),
        sigma=turned,
        loglik=-float(best.fun),
        notes=tuple(spread_notes(turned)),
    )


def _sigma(triangle: np.ndarray) -> np.ndarray:
    a, b, c = triangle
    return np.array([[a * a, a * b], [a * b, b * b + c * c]])
