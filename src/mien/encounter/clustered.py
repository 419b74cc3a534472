"""Each expression, doctors against patients, with tests that know what belongs together.

Neighbouring seconds of a face are alike, and so are the encounters of one doctor. A test that
takes seconds for independent finds a difference in anything. Here the encounter is what is drawn at
random: generalised estimating equations with a robust variance [1]_ [2]_, a linear mixed model with
doctors as random effects, and a bootstrap of whole encounters. What only one of the two ever showed
has no odds; there, signs of encounters are flipped. The seven p are corrected after Holm [3]_.

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
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.cohort import Cohort
from mien.encounter.doctors import p_of_mean
from mien.encounter.observation import NEGATIVE
from mien.errors import ParameterError
from mien.statistics import finite_or_none, intervals

POSITIVE: tuple[str, ...] = ("happiness",)
"""The one expression of the seven that counts as positive."""
FEW = 20
"""Encounters under which a robust variance is not to be trusted."""
BY_EQUATIONS, BY_SIGNS = "estimating equations", "signs of encounters"
"""Tests that a p may be from."""


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
    """Of no difference; by which test, `test` says."""
    test: str
    """`BY_EQUATIONS`, `BY_SIGNS` where one of them never showed it or nothing else, "" without."""
    p_holm: float
    """The same, corrected for the seven; NaN for those that are several together."""
    cohen_h: float
    """Effect size of the two shares: .2 is small, .5 medium, .8 large [4]_."""
    share_interval: tuple[float, float] | None
    """95 % of the difference of shares, whole encounters drawn again; None of fewer than four."""
    by_doctor: tuple[float, float] | None
    """The same with all encounters of a doctor drawn together; None of fewer than four doctors."""
    mixed_p: float
    """Of no difference of shares by a mixed model with doctors as random effects; NaN where there
    are fewer than two doctors, or one role never showed it."""
    mixed_p_holm: float
    """The same, corrected for those of the seven that have one."""
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
    plain, mixed = (_holm([getattr(one, name) for one in found]) for name in ("p", "mixed_p"))
    return [
        replace(one, p_holm=p, mixed_p_holm=other)
        for one, p, other in zip(found, plain, mixed, strict=True)
    ]


def _holm(values: list[float]) -> list[float]:
    """Corrected p of those that are finite; NaN for the others."""
    from statsmodels.stats.multitest import multipletests

    corrected = np.array(values)
    known = np.isfinite(corrected)
    if known.any():
        corrected[known] = multipletests(corrected[known], method="holm")[1]
    return [float(p) for p in corrected]


def _difference(cohort: Cohort, name: str, columns: tuple[int, ...]) -> Difference:
    counts = np.array([tally.counts for tally in cohort.tallies])
    hits, totals = counts[:, :, list(columns)].sum(2), counts.sum(2)  # (encounters, 2)
    doctor, patient = (hits.sum(0) / totals.sum(0)).tolist()
    bootstrap = intervals(np.stack([hits, totals], 1), _share_difference)[0]
    odds, odds_interval, p, why = odds_by_encounter(hits, totals)
    test = BY_EQUATIONS
    if why:
        test, p = _without_odds(hits, totals)
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
        test=test,
        cohen_h=2 * (math.asin(math.sqrt(doctor)) - math.asin(math.sqrt(patient))),
        share_interval=bootstrap,
        by_doctor=_by_doctor(hits, totals, whose),
        mixed_p=_by_mixed(hits, totals, whose),
        mixed_p_holm=math.nan,
        why_not=why,
    )


def _without_odds(hits: np.ndarray, totals: np.ndarray) -> tuple[str, float]:
    """Which test there is where there are no odds, and its p."""
    for seen in (hits, totals - hits):
        if not seen.sum(0).all():
            return BY_SIGNS, chance_of_one_role(seen, totals)
    return "", math.nan


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
    With an independent working correlation, and nothing but the role to tell seconds apart, the
    equations of all seconds one by one have a solution that can be written down. What an encounter
    pulls the log odds of a role by is ``(hits - total * P) / (T * P * (1 - P))``, P and T being
    share and number of all seconds of that role; divided by ``1 - total / T`` it is corrected for
    few encounters after Mancl and DeRouen. The squares of the differences between the two roles
    add up to the variance.
    """
    from scipy.stats import t

    for role, seen in zip(("doctors", "patients"), hits.sum(0), strict=True):
        if not seen:
            return math.nan, None, math.nan, f"never seen with {role}"
    if (hits.sum(0) == totals.sum(0)).any():
        return math.nan, None, math.nan, "nothing else was seen"
    n, whole = len(hits), totals.sum(0)
    if (totals == whole).any():
        return math.nan, None, math.nan, "all of it is of one encounter"
    share = hits.sum(0) / whole
    pull = (hits - totals * share) / (whole * share * (1 - share)) / (1 - totals / whole)
    log_odds = float(np.subtract(*np.log(share / (1 - share))))
    error = float(np.sqrt(((pull[:, 0] - pull[:, 1]) ** 2).sum()))
    if not error > 0:
        return math.nan, None, math.nan, "all encounters are the same"
    width = float(t.ppf(0.975, n - 1)) * error
    p = float(2 * t.sf(abs(log_odds) / error, n - 1))
    interval = math.exp(min(log_odds - width, 700)), math.exp(min(log_odds + width, 700))
    return math.exp(log_odds), interval, p, ""


def chance_of_one_role(hits: np.ndarray, totals: np.ndarray) -> float:
    """p of what only one of the two ever showed: signs of encounters, flipped by chance.

    Without a difference, what was shown in an encounter might as well have been shown by the other:
    with a chance of one in two if both were assessed for as long, else in proportion. What is to be
    known is how often all of it would then be on one side. Each encounter counts once, however
    long it was shown.

    Parameters
    ----------
    hits, totals : np.ndarray [shape=(n_encounters, 2)]
        Steps with the expression, and assessed ones; doctors' column and patients'.

    Returns
    -------
    p : float
        Two-sided; 1 where nobody showed it.
    """
    role = int(hits[:, 1].sum() > 0)
    shown = hits[:, role] > 0
    own = totals[shown, role] / totals[shown].sum(1)
    return float(min(1.0, 2 * own.prod()))


def _by_mixed(hits: np.ndarray, totals: np.ndarray, whose: np.ndarray) -> float:
    """p of no difference of the shares of all time, doctors random.

    What each encounter adds to the difference of the two shares (the jackknife's pseudo-values)
    has that difference as its mean, whatever the lengths of the two recordings.
    """
    if (whose == "").any() or not hits.any(0).all():
        return math.nan
    whole = totals.sum(0)
    share = hits.sum(0) / whole
    pull = (hits - totals * share) / whole
    return p_of_mean(len(hits) * (pull[:, 0] - pull[:, 1]) + share[0] - share[1], whose)
