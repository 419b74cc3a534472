"""The summary ROC curve, and regions of confidence and prediction around the summary point.

The hierarchical summary ROC model of Rutter and Gatsonis [1]_ without moderators is the bivariate
model in other parameters [2]_, so it is computed from that.

References
----------
.. [1] Rutter & Gatsonis, Stat. Med. 2001.
.. [2] Harbord, Deeks, Egger, Whiting & Sterne, Biostatistics 2007.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import integrate, stats
from scipy.special import expit, logit

from mien.review.synthesis.bivariate import NO_SPREAD, Bivariate

_POINTS = 181


@dataclass(frozen=True)
class Hsroc:
    """Parameters of the hierarchical summary ROC model."""

    accuracy: float
    """Λ: mean log diagnostic odds ratio where sensitivity equals specificity."""
    threshold: float
    """Θ: mean readiness to call somebody diseased, a logit."""
    shape: float
    """β: asymmetry of the curve; 0 if both proportions spread alike."""
    var_accuracy: float
    """σ²α: variance of accuracy between studies."""
    var_threshold: float
    """σ²θ: variance of threshold between studies."""
    auc: float
    """Area under the curve over all false-positive rates: much of it is extrapolated."""

    def sensitivity(self, false_positive_rate: np.ndarray) -> np.ndarray:
        """The curve."""
        slope = math.exp(-self.shape)
        at = self.accuracy * math.exp(-self.shape / 2) + slope * logit(false_positive_rate)
        return expit(at)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "Lambda": self.accuracy,
            "Theta": self.threshold,
            "beta": self.shape,
            "sigma2_alpha": self.var_accuracy,
            "sigma2_theta": self.var_threshold,
            "auc": self.auc,
        }


def hsroc(fit: Bivariate) -> Hsroc | None:
    """The model's parameters; None where one proportion has no spread, so that no curve follows."""
    if np.diag(fit.sigma).min() < NO_SPREAD:
        return None
    sens, spec = np.sqrt(np.diag(fit.sigma))
    ratio = math.sqrt(spec / sens)
    one, other = ratio * fit.mu[0], fit.mu[1] / ratio
    product, shared = sens * spec, fit.sigma[0, 1]
    found = Hsroc(
        accuracy=float(one + other),
        threshold=float(one - other) / 2,
        shape=math.log(spec / sens),
        var_accuracy=float(2 * (product + shared)),
        var_threshold=float((product - shared) / 2),
        auc=math.nan,
    )
    rates = expit(np.linspace(-14, 14, 4001))
    area = float(integrate.trapezoid(found.sensitivity(rates), rates))
    return Hsroc(
        found.accuracy, found.threshold, found.shape, found.var_accuracy, found.var_threshold, area
    )


def region(fit: Bivariate, *, prediction: bool, confidence: float = 0.95) -> np.ndarray:
    """The border of a region around the summary point.

    Parameters
    ----------
    fit : Bivariate
    prediction : bool
        Whether a new study's true point lies in it, or else the mean of all studies.
    confidence : float
        Level.

    Returns
    -------
    border : np.ndarray [shape=(n_points, 2)]
        False-positive rate and sensitivity; an ellipse in logits, with the F quantile for as many
        studies as there are (Harbord et al. 2007).
    """
    spread = fit.covariance + (fit.sigma if prediction else 0.0)
    if fit.n > 2:
        reach = math.sqrt(2 * stats.f.ppf(confidence, 2, fit.n - 2))
    else:
        reach = math.sqrt(stats.chi2.ppf(confidence, 2))
    values, vectors = np.linalg.eigh(spread)
    root = vectors * np.sqrt(np.clip(values, 0, None))
    angle = np.linspace(0, 2 * np.pi, _POINTS)
    points = fit.mu[:, None] + reach * root @ np.stack([np.cos(angle), np.sin(angle)])
    return np.stack([expit(-points[1]), expit(points[0])], 1)
