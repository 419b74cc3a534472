"""Each expression, doctors against patients, with tests that know what belongs together.

Neighbouring seconds of a face are alike, and so are the encounters of one doctor. A test that
takes seconds for independent finds a difference in anything. Here the encounter is what is drawn at
random: generalised estimating equations with a robust variance [1]_ [2]_, a linear mixed model with
doctors as random effects, and a bootstrap of whole encounters. The seven p are corrected after Holm
[3]_.

References
----------
.. [1] Liang & Zeger, "Longitudinal data analysis using generalized linear models", Biometrika 73,
   1986.
.. [2] Mancl & DeRouen, "A covariance estimator for GEE with improved small-sample properties",
   Biometrics 57, 2001.
.. [3] Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
   Statistics 6, 1979.
.. [4] Cohen, "Statistical power analysis for the behavioral sciences", 1988: h.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.cohort import Cohort
from mien.encounter.observation import NEGATIVE
from mien.errors import ParameterError
from mien.statistics import finite_or_none, intervals

POSITIVE: tuple[str, ...] = ("happiness",)
"""The one expression of the seven that counts as positive."""
FEW = 20
"""Encounters under which a robust variance is not to be trusted."""


@dataclass(frozen=True)
class Difference:
    """One expression, doctors against patients."""

    expression: str
    """Which, or `negative` and `positive`: several together."""
    doctor: int
    """Steps of all doctors."""
    patient: int
    """Steps of all patients."""
    doctor_share: float
    """Of the doctors' assessed steps."""
    patient_share: float
    """Of the patients' assessed steps."""
    odds_ratio: float
    """Doctors' odds by patients', by generalised estimating equations; NaN if not to be had."""
    odds_interval: tuple[float, float] | None
    """95 % of the odds ratio."""
    p: float
    """Of an odds ratio of 1."""
    p_holm: float
    """The same, corrected for the seven; NaN for those that are several together."""
    cohen_h: float
    """Effect size of the two shares: .2 is small, .5 medium, .8 large [4]_."""
    share_interval: tuple[float, float] | None
    """95 % of the difference of shares, whole encounters drawn again; None of fewer than four."""
    by_doctor: tuple[float, float] | None
    """The same with all encounters of a doctor drawn together; None of fewer than four doctors."""
    mixed_p: float
    """Of no difference in log odds by a mixed model with doctors as random effects; NaN where there
    are fewer than two doctors, or it does not converge."""
    why_not: str = ""
    """Why there is no odds ratio, in words."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        numbers: dict[str, Any] = {
            name: finite_or_none(value) if isinstance(value, float) else value
            for name, value in vars(self).items()
        }
        for name in ("odds_interval", "share_interval", "by_doctor"):
            numbers[name] = None if numbers[name] is None else list(numbers[name])
        return numbers


def differences(cohort: Cohort) -> tuple[Difference, ...]:
    """Test each of the seven expressions, then all negative ones and the positive one together.

    Parameters
    ----------
    cohort : Cohort

    Returns
    -------
    found : tuple of Difference
        Seven in the order of `EXPRESSIONS`, corrected together, then `negative` and `positive`.

    Raises
    ------
    ParameterError
        If there are fewer than two encounters.
    """
    if len(cohort.tallies) < 2:
        raise ParameterError(
            "Doctors and patients are compared over at least two encounters, and there is one."
        )
    groups: list[tuple[str, tuple[int, ...]]] = [(name, (k,)) for k, name in enumerate(EXPRESSIONS)]
    for name, words in (("negative", NEGATIVE), ("positive", POSITIVE)):
        groups.append((name, tuple(EXPRESSIONS.index(word) for word in words)))
    found = [_difference(cohort, name, columns) for name, columns in groups]
    return (*_corrected(found[: len(EXPRESSIONS)]), *found[len(EXPRESSIONS) :])


def _corrected(found: list[Difference]) -> list[Difference]:
    from statsmodels.stats.multitest import multipletests

    known = [k for k, entry in enumerate(found) if math.isfinite(entry.p)]
    if known:
        corrected = multipletests([found[k].p for k in known], method="holm")[1]
        for k, p in zip(known, corrected.tolist(), strict=True):
            found[k] = replace(found[k], p_holm=float(p))
    return found


def _difference(cohort: Cohort, name: str, columns: tuple[int, ...]) -> Difference:
    counts = np.array([tally.counts for tally in cohort.tallies])
    hits, totals = counts[:, :, list(columns)].sum(2), counts.sum(2)  # (encounters, 2)
    doctor, patient = (hits.sum(0) / totals.sum(0)).tolist()
    bootstrap = intervals(np.stack([hits, totals], 1), _share_difference)[0]
    odds, odds_interval, p, why = odds_by_encounter(hits, totals)
    whose = np.array([tally.case.doctor for tally in cohort.tallies])
    return Difference(
        expression=name,
        doctor=int(hits[:, 0].sum()),
        patient=int(hits[:, 1].sum()),
        doctor_share=doctor,
        patient_share=patient,
        odds_ratio=odds,
        odds_interval=odds_interval,
        p=p,
        p_holm=math.nan,
        cohen_h=2 * (math.asin(math.sqrt(doctor)) - math.asin(math.sqrt(patient))),
        share_interval=bootstrap,
        by_doctor=_by_doctor(hits, totals, whose),
        mixed_p=_by_mixed(hits, totals, whose),
        why_not=why,
    )


def _share_difference(sums: np.ndarray) -> np.ndarray:
    return np.array([sums[0, 0] / sums[1, 0] - sums[0, 1] / sums[1, 1]])


def _by_doctor(
    hits: np.ndarray, totals: np.ndarray, whose: np.ndarray
) -> tuple[float, float] | None:
    if (whose == "").any():
        return None
    doctors, place = np.unique(whose, return_inverse=True)
    sums = np.zeros((len(doctors), 2, 2))
    np.add.at(sums, place, np.stack([hits, totals], 1))
    return intervals(sums, _share_difference)[0]


def odds_by_encounter(
    hits: np.ndarray, totals: np.ndarray
) -> tuple[float, tuple[float, float] | None, float, str]:
    """Odds ratio, its interval, p and why there is none: encounters are the clusters.

    Parameters
    ----------
    hits, totals : np.ndarray [shape=(n_encounters, 2)]
        Steps with the expression, and assessed ones; doctors' column and patients'.

    Notes
    -----
    The score of a second only depends on its role, so an encounter's seconds of one role enter as
    their share, weighted by their number: with an independent working correlation the equations
    are those of all seconds one by one.
    """
    import statsmodels.api as sm
    from scipy.stats import t
    from statsmodels.genmod.cov_struct import Independence

    for role, seen in zip(("doctors", "patients"), hits.sum(0), strict=True):
        if not seen:
            return math.nan, None, math.nan, f"never seen with {role}"
    if (hits.sum(0) == totals.sum(0)).any():
        return math.nan, None, math.nan, "nothing else was seen"
    n = len(hits)
    is_doctor = np.tile([1.0, 0.0], n)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = sm.GEE(
            (hits / totals).ravel(),
            sm.add_constant(is_doctor),
            groups=np.repeat(np.arange(n), 2),
            weights=totals.ravel().astype(float),
            family=sm.families.Binomial(),
            cov_struct=Independence(),
        ).fit(cov_type="bias_reduced" if n <= 2 * FEW else "robust")
    log_odds, error = float(fitted.params[1]), float(fitted.bse[1])
    if not (math.isfinite(log_odds) and error > 0):
        return math.nan, None, math.nan, "the equations have no solution"
    width = float(t.ppf(0.975, n - 1)) * error
    p = float(2 * t.sf(abs(log_odds) / error, n - 1))
    interval = math.exp(min(log_odds - width, 700)), math.exp(min(log_odds + width, 700))
    return math.exp(log_odds), interval, p, ""


def _by_mixed(hits: np.ndarray, totals: np.ndarray, whose: np.ndarray) -> float:
    """p of the mean difference of empirical log odds within encounters, doctors random."""
    import statsmodels.api as sm

    if (whose == "").any() or len(np.unique(whose)) < 2 or not hits.any():
        return math.nan
    logits = np.log((hits + 0.5) / (totals - hits + 0.5))
    within = logits[:, 0] - logits[:, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fitted = sm.MixedLM(within, np.ones((len(within), 1)), groups=whose).fit(reml=True)
        except (np.linalg.LinAlgError, ValueError):
            return math.nan
    return float(fitted.pvalues[0])
