"""Whether two people's expressions were spread differently over the seven kinds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.counts import counts
from mien.encounter.episodes import episodes
from mien.encounter.timeline import Timeline, check_same_resolution
from mien.errors import ParameterError
from mien.statistics import finite_or_none

_EXPECTED = 5.0  # expected count under which chi-squared is doubtful


@dataclass(frozen=True, eq=False)
class Comparison:
    """Whether two people's expressions were spread differently over the seven kinds."""

    unit: str
    """What is counted: ``"seconds"`` or ``"episodes"``."""
    expressions: tuple[str, ...]
    """Columns: expressions that at least one of the two showed."""
    counts: np.ndarray
    """Doctor's row and patient's row, shape (2, k), int64."""
    chi2: float
    """Pearson's statistic; NaN where there is nothing to compare."""
    degrees: int
    """Degrees of freedom."""
    p: float
    """Probability of a larger statistic if the counts were independent."""
    cramers_v: float
    """Effect size, 0 to 1."""
    residuals: np.ndarray
    """Adjusted standardised residuals, shape (2, k): beyond about 2 a cell is out of line."""
    lowest_expected: float
    """Smallest expected count: below 5 chi-squared is doubtful."""

    @property
    def caution(self) -> str:
        """What to keep in mind when reading `p`."""
        words = []
        if not math.isfinite(self.chi2):
            words.append("too little was seen to compare the two")
        elif self.lowest_expected < _EXPECTED:
            words.append("some expected counts are below 5")
        if self.unit == "seconds":
            words.append("neighbouring seconds are alike, so p is smaller than it should be")
        return "; ".join(words)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "unit": self.unit,
            "expressions": list(self.expressions),
            "doctor": self.counts[0].tolist(),
            "patient": self.counts[1].tolist(),
            "chi2": finite_or_none(self.chi2),
            "degrees": self.degrees,
            "p": finite_or_none(self.p),
            "cramers_v": finite_or_none(self.cramers_v),
            "residuals": {
                "doctor": [finite_or_none(v) for v in self.residuals[0]],
                "patient": [finite_or_none(v) for v in self.residuals[1]],
            },
            "lowest_expected": finite_or_none(self.lowest_expected),
            "caution": self.caution,
        }


def compare(doctor: Timeline, patient: Timeline, unit: str = "seconds") -> Comparison:
    """Pearson's chi-squared of expressions by role, with Cramér's V and residuals.

    Yang et al. 2022 compare counts of single moments and name no test; this one is ours.
    Neighbouring moments are alike, so its p is too
    small; counting episodes instead is nearer to independence.

    Parameters
    ----------
    doctor, patient : Timeline
        Of one resolution.
    unit : {"seconds", "episodes"}
        What is counted; with ``"seconds"`` steps of the timelines.

    Raises
    ------
    ParameterError
        If the resolutions differ or there is no such unit.

    References
    ----------
    .. [1] Cramér, "Mathematical methods of statistics", Princeton University Press 1946.
    .. [2] Haberman, "The analysis of residuals in cross-classified tables", Biometrics 29, 1973.
    """
    check_same_resolution(doctor, patient)
    if unit == "seconds":
        rows = [counts(timeline).steps for timeline in (doctor, patient)]
    elif unit == "episodes":
        rows = []
        for timeline in (doctor, patient):
            places = [EXPRESSIONS.index(episode.expression) for episode in episodes(timeline)]
            rows.append(np.bincount(np.array(places, int), minlength=len(EXPRESSIONS)))
    else:
        raise ParameterError(f"unit is seconds or episodes, not {unit!r}.")
    table = np.stack(rows).astype(np.int64)
    shown = table.sum(0) > 0
    table = table[:, shown]
    names = tuple(name for name, there in zip(EXPRESSIONS, shown, strict=True) if there)
    total = table.sum()
    if table.shape[1] < 2 or not table.sum(1).all():
        nothing = np.full(table.shape, np.nan)
        return Comparison(unit, names, table, math.nan, 0, math.nan, math.nan, nothing, math.nan)
    test = stats.chi2_contingency(table, correction=False)
    expected = test.expected_freq
    row, column = table.sum(1, keepdims=True) / total, table.sum(0, keepdims=True) / total
    residuals = (table - expected) / np.sqrt(expected * (1 - row) * (1 - column))
    return Comparison(
        unit=unit,
        expressions=names,
        counts=table,
        chi2=float(test.statistic),
        degrees=int(test.dof),
        p=float(test.pvalue),
        cramers_v=float(np.sqrt(test.statistic / total)),  # the smaller side less one is 1
        residuals=residuals,
        lowest_expected=float(expected.min()),
    )
