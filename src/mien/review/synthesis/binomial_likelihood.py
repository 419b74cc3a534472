"""The likelihood of the bivariate binomial model: two proportions a study with normal logits.

Of a study, hits y of n people are binomial given their logit, once among the diseased
(sensitivity) and once among the healthy (specificity) [1]_. The two logits are the design times
coefficients plus L z, with L a lower triangle and z standard normal. z is integrated out by
adaptive Gauss-Hermite quadrature [2]_; with one node that is Laplace's approximation, which is what
lme4 uses [3]_. In terms of z instead of L z nothing breaks where L is singular.

References
----------
.. [1] Chu & Cole, J. Clin. Epidemiol. 2006.
.. [2] Pinheiro & Bates, J. Comput. Graph. Stat. 1995; Liu & Pierce, Biometrika 1994.
.. [3] Bates, Mächler, Bolker & Walker, J. Stat. Softw. 2015.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, gammaln

from mien.review.synthesis.accuracy_table import AccuracyTable

_STEPS = 100
_CLOSE = 1e-8  # the step after it is far below rounding: Newton doubles the digits


@dataclass(frozen=True, eq=False)
class BinomialLikelihood:
    """The log-likelihood of many sets of parameters at once.

    Parameters are the coefficients of sensitivity, those of specificity, and L₁₁, L₂₁, L₂₂.
    """

    hits: np.ndarray
    """True positives and true negatives, shape (n_studies, 2)."""
    totals: np.ndarray
    """Diseased and healthy, shape (n_studies, 2); 0 where a study has none."""
    design: np.ndarray
    """Shape (n_studies, p), the same for both."""
    nodes: int = 1
    """Of the quadrature, along each of two directions."""

    @staticmethod
    def of(table: AccuracyTable, design: np.ndarray, nodes: int = 1) -> BinomialLikelihood:
        """Of a table of studies."""
        hits = np.stack([table.tp, table.tn], 1)
        return BinomialLikelihood(hits, np.stack([table.diseased, table.healthy], 1), design, nodes)

    @property
    def constant(self) -> float:
        """Logarithm of the binomial coefficients."""
        y, n = self.hits, self.totals
        return float((gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)).sum())

    def __call__(self, parameters: np.ndarray) -> np.ndarray:
        """Log-likelihoods of parameters of shape (b, 2p + 3), shape (b,)."""
        p = self.design.shape[1]
        fixed = np.stack(
            [parameters[:, :p] @ self.design.T, parameters[:, p : 2 * p] @ self.design.T], -1
        )  # (b, n, 2)
        triangle = parameters[:, 2 * p :]
        z = self._modes(fixed, triangle)
        curve = self._curvature(fixed + _times(triangle, z), triangle)
        h11, h21, h22 = curve
        logdet = np.log(h11 * h22 - h21**2)
        if self.nodes == 1:
            inside = self._joint(fixed, triangle, z)
        else:
            inside = self._quadrature(fixed, triangle, z, curve)
        return (inside - 0.5 * logdet).sum(1) + self.constant

    def _joint(self, fixed: np.ndarray, triangle: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Logarithm of likelihood times density of z, without 2π; shape (b, n)."""
        eta = fixed + _times(triangle, z)
        # nothing large is taken from anything as large, however many people there are
        rest = np.log1p(np.exp(-np.abs(eta)))
        misses = self.totals - self.hits
        terms = self.hits * np.maximum(-eta, 0) + misses * np.maximum(eta, 0) + self.totals * rest
        return -terms.sum(-1) - 0.5 * (z**2).sum(-1)

    def _curvature(self, eta: np.ndarray, triangle: np.ndarray) -> tuple[np.ndarray, ...]:
        """I + L'WL, its three numbers, each of shape (b, n)."""
        chance = expit(eta)
        w = self.totals * chance * expit(-eta)
        a, b, c = (triangle[:, k, None] for k in range(3))
        return 1 + a**2 * w[..., 0] + b**2 * w[..., 1], b * c * w[..., 1], 1 + c**2 * w[..., 1]

    def _modes(self, fixed: np.ndarray, triangle: np.ndarray) -> np.ndarray:
        """Most likely z of each study, by Newton's method with halved steps; shape (b, n, 2)."""
        z = np.zeros_like(fixed)
        value = self._joint(fixed, triangle, z)
        a, b, c = (triangle[:, k, None] for k in range(3))
        for _ in range(_STEPS):
            eta = fixed + _times(triangle, z)
            rest = self.hits * expit(-eta) - (self.totals - self.hits) * expit(eta)
            g1 = a * rest[..., 0] + b * rest[..., 1] - z[..., 0]
            g2 = c * rest[..., 1] - z[..., 1]
            h11, h21, h22 = self._curvature(eta, triangle)
            det = h11 * h22 - h21**2
            step = np.stack([(h22 * g1 - h21 * g2) / det, (h11 * g2 - h21 * g1) / det], -1)
            length = np.ones(value.shape)
            for _ in range(40):
                trial = z + length[..., None] * step
                reached = self._joint(fixed, triangle, trial)
                worse = reached < value - 1e-12 * (1 + np.abs(value))
                if not worse.any():
                    break
                length = np.where(worse, length / 2, length)
            z, value = trial, reached
            if np.abs(step).max() < _CLOSE:
                break
        return z

    def _quadrature(
        self,
        fixed: np.ndarray,
        triangle: np.ndarray,
        z: np.ndarray,
        curve: tuple[np.ndarray, ...],
    ) -> np.ndarray:
        """Logarithm of the integral, but for the determinant; shape (b, n)."""
        places, weights = np.polynomial.hermite.hermgauss(self.nodes)
        h11, h21, h22 = curve
        # H = M'M with M upper triangular; z = mode + sqrt(2) M⁻¹ x
        m11 = np.sqrt(h11)
        m12 = h21 / m11
        m22 = np.sqrt(h22 - m12**2)
        logs = []
        for x1, w1 in zip(places, weights, strict=True):
            for x2, w2 in zip(places, weights, strict=True):
                d2 = np.sqrt(2) * x2 / m22
                d1 = (np.sqrt(2) * x1 - m12 * d2) / m11
                moved = z + np.stack([d1, d2], -1)
                log = self._joint(fixed, triangle, moved)
                logs.append(log + np.log(w1 * w2 / np.pi) + x1**2 + x2**2)
        return np.logaddexp.reduce(np.stack(logs), 0)


def _times(triangle: np.ndarray, z: np.ndarray) -> np.ndarray:
    """L z; triangle of shape (b, 3), z of shape (b, n, 2)."""
    a, b, c = (triangle[:, k, None] for k in range(3))
    return np.stack([a * z[..., 0], b * z[..., 0] + c * z[..., 1]], -1)
