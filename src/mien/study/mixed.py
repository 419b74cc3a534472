"""A rate where judges and patients differ: a logistic model with a random intercept for each.

References
----------
.. [1] Zeger, Liang & Albert, "Models for longitudinal data: a generalized estimating equation
   approach", Biometrics 1988: from a typical judge's rate to that of all.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.study.estimate import CONFIDENCE, Estimate, number, undefined

_PRIOR_SD = 3.0  # of the intercept, logits: rates from 0.2 to 99.8 % are within two of these
_MOST_LEVELS = 1_500  # judges and patients, which take seconds; 10 000 take minutes
_START_SD = math.exp(-0.5)  # about where statsmodels begins, which draws it anew each time


@dataclass(frozen=True)
class Mixed:
    """The rate of judges and patients such as these."""

    rate: Estimate
    """Over all judges and patients."""
    judges_sd: float | None
    """Standard deviation of judges, logits; None if the model was not fitted."""
    clips_sd: float | None
    """Of patients, logits."""

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "rate": self.rate.to_json(),
            "judges_sd": number(self.judges_sd),
            "clips_sd": number(self.clips_sd),
        }


def mixed_rate(hits: np.ndarray, judges: np.ndarray, clips: np.ndarray) -> Mixed:
    """Fit the model by statsmodels (`BinomialBayesMixedGLM`, variational Bayes).

    What variational Bayes leaves out is added to the interval: that the mean of these judges and
    patients is not that of all, whose variance is that of judges (patients) by their number. Its
    ends are Student's with one degree of freedom less than judges.

    Parameters
    ----------
    hits : np.ndarray of bool [shape=(n,)]
    judges, clips : np.ndarray [shape=(n,)]
        Who answered, about whom.
    """
    several = [len(np.unique(of)) for of in (judges, clips)]
    if several[0] < 2:
        return Mixed(undefined("There is one judge: no model of judges.", len(hits)), None, None)
    if not hits.any() or hits.all():
        rate = undefined("Every answer is the same: see the exact interval.", len(hits))
        return Mixed(rate, None, None)
    if sum(several) > _MOST_LEVELS:
        rate = undefined(
            f"{sum(several)} judges and patients are too many for the model, which takes "
            f"{_MOST_LEVELS}: see the other intervals.",
            len(hits),
        )
        return Mixed(rate, None, None)
    from scipy import sparse
    from statsmodels.genmod.bayes_mixed_glm import BinomialBayesMixedGLM

    kinds = [judges, clips] if 1 < several[1] < len(hits) else [judges]
    columns, identities = [], []
    for k, of in enumerate(kinds):
        place = np.unique(of, return_inverse=True)[1].ravel()
        rows = np.arange(len(hits))
        columns.append(sparse.csr_matrix((np.ones(len(hits)), (rows, place))))
        identities += [k] * (int(place.max()) + 1)
    model = BinomialBayesMixedGLM(
        hits.astype(float),
        np.ones((len(hits), 1)),
        sparse.hstack(columns).tocsr(),
        np.array(identities),
        fe_p=_PRIOR_SD,
    )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            starts = np.full(1 + len(kinds) + len(identities), _START_SD)
            fitted = model.fit_vb(sd=starts, fit_method="L-BFGS-B")
            spread = np.exp(np.asarray(fitted.vcp_mean, float))
            middle = float(fitted.fe_mean[0])
            error = math.sqrt(float(fitted.fe_sd[0]) ** 2 + _of_means(spread, identities))
        except (ValueError, OverflowError, np.linalg.LinAlgError):
            middle = error = math.nan
            spread = np.full(len(kinds), math.nan)
    if not (math.isfinite(middle) and 0 < error < 10 and np.isfinite(spread).all()):
        rate = undefined("The model could not be fitted: see the exact interval.", len(hits))
        return Mixed(rate, None, None)
    from scipy.stats import t

    total = float((spread**2).sum())
    reach = error * float(t.ppf(0.5 + CONFIDENCE / 2, several[0] - 1))  # as few as judges are
    value, low, high = (_over_all(at, total) for at in (middle, middle - reach, middle + reach))
    rate = Estimate(value, low, high, len(hits))
    return Mixed(rate, float(spread[0]), float(spread[1]) if len(spread) > 1 else None)


def _of_means(spread: np.ndarray, identities: list[int]) -> float:
    """Variance of the means of judges and of patients together."""
    return sum(float(sd) ** 2 / identities.count(k) for k, sd in enumerate(spread))


def _over_all(logit: float, variance: float) -> float:
    """The rate over a normal spread of judges and patients, from that of the typical one [1]_."""
    return 1 / (1 + math.exp(-logit / math.sqrt(1 + 0.346 * variance)))
