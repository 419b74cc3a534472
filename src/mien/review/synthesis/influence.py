"""What the summary point would be without each study in turn."""

from __future__ import annotations

from typing import Any

import numpy as np

from mien.review.synthesis.accuracy_table import AccuracyTable
from mien.review.synthesis.bivariate import Bivariate, NotEstimable
from mien.review.synthesis.bivariate_binomial import fit_binomial, parameters_of

MOST_STUDIES = 400
"""Beyond, no study can move the mean, and each costs a fit."""


def leave_one_out(table: AccuracyTable, fit: Bivariate) -> list[dict[str, Any]]:
    """Fit the bivariate binomial model without each study in turn.

    Parameters
    ----------
    table : AccuracyTable
    fit : Bivariate
        Of all studies; the others start from it.

    Returns
    -------
    rows : list of dict
        `without`, `mu_sens`, `mu_spec`, `sensitivity`, `specificity`, their intervals,
        `var_sens`, `var_spec`; or `without` and `not_estimable`. Empty for very many studies.
    """
    if not 3 <= len(table) <= MOST_STUDIES:
        return []
    start = parameters_of(fit)
    rows: list[dict[str, Any]] = []
    for k, label in enumerate(table.labels):
        try:
            one = fit_binomial(table.take(np.arange(len(table)) != k), start=start)
        except NotEstimable as error:
            rows.append({"without": label, "not_estimable": str(error)})
            continue
        (sens, *sens_ci), (spec, *spec_ci) = one.sensitivity, one.specificity
        rows.append(
            {
                "without": label,
                "mu_sens": float(one.mu[0]),
                "mu_spec": float(one.mu[1]),
                "sensitivity": sens,
                "sensitivity_ci": sens_ci,
                "specificity": spec,
                "specificity_ci": spec_ci,
                "var_sens": float(one.sigma[0, 0]),
                "var_spec": float(one.sigma[1, 1]),
            }
        )
    return rows
