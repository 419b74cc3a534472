"""Deeks' test of funnel-plot asymmetry, for studies of diagnostic accuracy.

The log diagnostic odds ratio is regressed on one over the square root of the effective sample size,
weighted by that size: Deeks, Macaskill & Irwig, J. Clin. Epidemiol. 2005.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.review.synthesis.accuracy_table import AccuracyTable
from mien.review.synthesis.proportions import log_odds_ratios

FEWEST_FOR_A_TEST = 10
"""Studies below which such tests have little power (Sterne et al., BMJ 2011)."""


@dataclass(frozen=True, eq=False)
class DeeksTest:
    """The regression, and what the funnel plot shows."""

    n: int
    """Studies that have diseased and healthy people."""
    slope: float
    """Change of the log odds ratio with one over the root of the effective sample size."""
    se: float
    """Its standard error."""
    t: float
    """Slope over standard error, with n - 2 degrees of freedom."""
    p: float
    """Two-sided; below .10 counts as asymmetry."""
    intercept: float
    """Log odds ratio of an endless study."""
    studies: np.ndarray
    """Numbers of these studies in the table, shape (n,)."""
    log_odds: np.ndarray
    """Log diagnostic odds ratios, shape (n,)."""
    inverse_root: np.ndarray
    """One over the root of the effective sample size, shape (n,)."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        note = (
            "log diagnostic odds ratio on 1/sqrt(effective sample size), weighted by the latter, "
        )
        note += "0.5 added to every cell"
        if self.n < FEWEST_FOR_A_TEST:
            note += f"; with fewer than {FEWEST_FOR_A_TEST} studies the test has little power"
        return {
            "n": self.n,
            "slope": self.slope,
            "se": self.se,
            "t": self.t,
            "p": self.p,
            "intercept": self.intercept,
            "note": note,
        }


def deeks_test(table: AccuracyTable) -> DeeksTest | None:
    """The test; None if fewer than three studies tell, or all of them have one size."""
    from statsmodels.api import WLS, add_constant

    with np.errstate(divide="ignore", invalid="ignore"):
        size = 4 * table.diseased * table.healthy / (table.diseased + table.healthy)
    chosen = np.flatnonzero(size > 0)
    if len(chosen) < 3 or np.ptp(size[chosen]) < 1e-9:
        return None
    y = log_odds_ratios(table).values[chosen]
    x = 1 / np.sqrt(size[chosen])
    fit = WLS(y, add_constant(x, has_constant="add"), weights=size[chosen]).fit()
    return DeeksTest(
        n=len(chosen),
        slope=float(fit.params[1]),
        se=float(fit.bse[1]),
        t=float(fit.tvalues[1]),
        p=float(fit.pvalues[1]),
        intercept=float(fit.params[0]),
        studies=chosen,
        log_odds=y,
        inverse_root=x,
    )
