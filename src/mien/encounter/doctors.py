"""The mean of encounters whose doctors differ: a linear mixed model with one random effect.

Encounters of one doctor are alike, so a mean over them is known less well than their number
suggests, and with few doctors much less. The two variances are found by restricted maximum
likelihood [1]_, which for one random effect is a search along a line.

References
----------
.. [1] Patterson & Thompson, "Recovery of inter-block information when block sizes are unequal",
   Biometrika 58, 1971.
"""

from __future__ import annotations

import math

import numpy as np

_MOST = 10.0  # logarithm of the largest ratio of the two variances that is looked at
_STEPS = 81


def p_of_mean(values: np.ndarray, whose: np.ndarray) -> float:
    """p of a mean of 0, two-sided.

    Parameters
    ----------
    values : np.ndarray [shape=(n,)]
        One of each encounter.
    whose : np.ndarray [shape=(n,)]
        Its doctor.

    Returns
    -------
    p : float
        By the t distribution: with one degree of freedom less than there are doctors where they
        differ, than encounters where they do not; NaN of fewer than two doctors, or where nothing
        varies.
    """
    from scipy.stats import t

    doctors, place = np.unique(whose, return_inverse=True)
    spread = values.std()
    if len(doctors) < 2 or not spread > 0:
        return math.nan
    ratio, mean, error = _fitted(values / spread, place, len(doctors))
    freedom = (len(doctors) if ratio else len(values)) - 1
    return float(2 * t.sf(abs(mean) / error, freedom))


def _fitted(values: np.ndarray, place: np.ndarray, doctors: int) -> tuple[float, float, float]:
    """Variance of doctors by that of encounters, the mean, and its standard error."""
    from scipy.optimize import minimize_scalar

    count = np.bincount(place, minlength=doctors).astype(float)
    means = np.bincount(place, values, doctors) / count
    within = float(((values - means[place]) ** 2).sum())
    n = len(values)

    def at(ratio: float) -> tuple[float, float, float]:
        """Restricted -2 log likelihood, the mean, and its standard error."""
        weights = count / (1 + ratio * count)
        mean = float(weights @ means / weights.sum())
        variance = (within + float(weights @ (means - mean) ** 2)) / (n - 1)
        lost = (n - 1) * math.log(max(variance, 1e-300)) + float(np.log1p(ratio * count).sum())
        return lost + math.log(weights.sum()), mean, math.sqrt(variance / weights.sum())

    grid = np.linspace(-_MOST, _MOST, _STEPS)
    best = int(np.argmin([at(math.exp(x))[0] for x in grid]))
    ends = grid[max(best - 1, 0)], grid[min(best + 1, _STEPS - 1)]
    found = minimize_scalar(lambda x: at(math.exp(x))[0], bounds=ends, method="bounded")
    ratio = math.exp(float(found.x))
    if at(0.0)[0] <= at(ratio)[0] + 1e-9:
        ratio = 0.0
    return (ratio, *at(ratio)[1:])
