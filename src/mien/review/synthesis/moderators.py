"""What differs between studies: subgroups, and regression on what the table says of each.

A moderator is a column of the table. One with words, or with few numbers that repeat, makes
subgroups; one with numbers is regressed on. Both are tested in the bivariate binomial model by the
likelihood ratio against the model without, as the Cochrane handbook of diagnostic reviews advises
(Macaskill et al. 2010, chapter 10), and in the univariate model of each logit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from mien.errors import ParameterError
from mien.review.synthesis.accuracy_table import AccuracyTable
from mien.review.synthesis.bivariate import Bivariate, NotEstimable
from mien.review.synthesis.bivariate_binomial import fit_binomial
from mien.review.synthesis.proportions import logits
from mien.review.synthesis.random_effects import Method, pool

MOST_LEVELS = 12
"""Levels from which a column of words is a list of names, and not of groups."""
_FEW_VALUES = 3  # numbers that may be codes of groups


@dataclass(frozen=True, eq=False)
class Moderator:
    """One column, as a design."""

    name: str
    """The column."""
    kind: str
    """`groups` or `number`."""
    rows: np.ndarray
    """Mask of studies of which it is known, shape (n_studies,)."""
    design: np.ndarray
    """Of these studies, constant first, shape (n_known, p)."""
    terms: tuple[str, ...]
    """What each coefficient but the first is."""
    scale: float = 1.0
    """What a number was divided by after its mean was taken off."""
    centre: float = 0.0
    """Its mean."""


def moderators(table: AccuracyTable) -> list[Moderator]:
    """All columns that may moderate; names, and columns that never vary, are left out."""
    found = [moderator(table, name) for name in table.columns]
    return [one for one in found if one is not None]


def moderator(table: AccuracyTable, name: str) -> Moderator | None:
    """One column as a moderator; None if it cannot be one."""
    values = table.numeric(name)
    levels = table.levels(name)
    if values is not None and len(levels) > _FEW_VALUES:
        rows = np.isfinite(values)
        spread = float(np.std(values[rows])) if rows.any() else 0.0
        if not spread > 0:
            return None
        centre = float(values[rows].mean())
        scaled = (values[rows] - centre) / spread
        design = np.stack([np.ones(len(scaled)), scaled], 1)
        return Moderator(name, "number", rows, design, (name,), spread, centre)
    if not 2 <= len(levels) <= MOST_LEVELS or len(levels) > len(table) / 2:
        return None
    rows = np.any(list(levels.values()), axis=0)
    first, *others = levels
    columns = [np.ones(rows.sum()), *(levels[level][rows].astype(float) for level in others)]
    terms = tuple(f"{level} against {first}" for level in others)
    return Moderator(name, "groups", rows, np.stack(columns, 1), terms)


def regress(
    table: AccuracyTable, one: Moderator, method: Method = "REML", nodes: int = 1
) -> dict[str, Any]:
    """Meta-regression on one moderator, for JSON.

    Returns
    -------
    found : dict
        `bivariate_binomial` with `coefficients` of both logits and the likelihood-ratio test (`lr`,
        `df`, `p`), or why there is none; `univariate` with coefficients and the test of moderators.
    """
    known = table.take(one.rows)
    found: dict[str, Any] = {"kind": one.kind, "n": len(known), "terms": list(one.terms)}
    if one.kind == "number":
        found |= {"mean": one.centre, "coefficients_are": f"per unit of {one.name}"}
    try:
        without = fit_binomial(known, nodes=nodes)
        found["bivariate_binomial"] = _compare(
            fit_binomial(known, one.design, nodes=nodes), without, one
        )
    except NotEstimable as error:
        found["bivariate_binomial"] = {"not_estimable": str(error)}
    sides = {"sensitivity": (known.tp, known.fn), "specificity": (known.tn, known.fp)}
    found["univariate"] = {
        side: _univariate(hits, misses, one, method) for side, (hits, misses) in sides.items()
    }
    return found


def _compare(fit: Bivariate, without: Bivariate, one: Moderator) -> dict[str, Any]:
    p = one.design.shape[1]
    lr = max(0.0, 2 * (fit.loglik - without.loglik))
    df = 2 * (p - 1)
    se = np.sqrt(np.diag(fit.coefficient_covariance))
    rows = {}
    for side, first in (("sensitivity", 0), ("specificity", p)):
        rows[side] = [
            _coefficient(term, fit.coefficients[first + k] / one.scale, se[first + k] / one.scale)
            for k, term in enumerate(one.terms, 1)
        ]
    return {
        "coefficients": rows,
        "loglik": fit.loglik,
        "lr": lr,
        "df": df,
        "p": float(stats.chi2.sf(lr, df)),
        "var_sens": float(fit.sigma[0, 0]),
        "var_spec": float(fit.sigma[1, 1]),
    }


def _coefficient(term: str, value: float, se: float, df: int | None = None) -> dict[str, Any]:
    law = stats.norm if df is None else stats.t(df)
    reach = float(law.ppf(0.975)) * se
    p = float(2 * law.sf(abs(value / se))) if se > 0 else None
    return {
        "term": term,
        "value": float(value),
        "se": float(se),
        "ci": [float(value - reach), float(value + reach)],
        "p": p,
    }


def _univariate(
    hits: np.ndarray, misses: np.ndarray, one: Moderator, method: Method
) -> dict[str, Any]:
    effects = logits(hits, misses)
    try:
        fit = pool(effects, method, one.design)
        alone = pool(effects, method)
    except (ParameterError, np.linalg.LinAlgError) as error:
        return {"not_estimable": str(error)}
    se = np.sqrt(np.diag(fit.covariance) * fit.knapp_hartung_scale)
    slopes = fit.coefficients[1:]
    count = len(slopes)
    inner = fit.covariance[1:, 1:] * fit.knapp_hartung_scale
    statistic = float(slopes @ np.linalg.solve(inner, slopes)) / count
    explained = 100 * max(0.0, 1 - fit.tau2 / alone.tau2) if alone.tau2 > 0 else None
    return {
        "method": f"{method}, Knapp-Hartung",
        "coefficients": [
            _coefficient(term, slopes[k] / one.scale, se[k + 1] / one.scale, fit.df)
            for k, term in enumerate(one.terms)
        ],
        "F": statistic,
        "df": [count, fit.df],
        "p": float(stats.f.sf(statistic, count, fit.df)),
        "tau2": fit.tau2,
        "R2": explained,
    }
