"""How much a design can say: how wide its intervals will be, and how many clips narrower ones need.

The design is simulated with raters who agree with themselves as often as is assumed. Widths of
intervals fall with the root of the number of clips, which gives the number that a width needs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.counted import plural
from mien.errors import ParameterError
from mien.study.analysis import analyse
from mien.study.estimate import FEWEST, Estimate, number
from mien.study.items import HYPOMIMIA
from mien.study.simulated import SimulatedStudy, simulate, usual_raters

_STUDIES = 8
_TRIED = 76  # clips that are simulated where a design has fewer than intervals need


@dataclass(frozen=True)
class Power:
    """What a design can say."""

    clips: int
    raters: int
    self_agreement: float
    """That was assumed."""
    mean_reach: float
    """Half the width of the 95 % interval of the mean deviation, points; median. Of fewer than
    `FEWEST` clips it is not said."""
    kappa_reach: float
    """The same of quadratic weighted κ of result and original."""
    clips_for_mean: int
    """Clips whose interval of the mean deviation reaches `wanted_mean` to either side."""
    clips_for_kappa: int
    """Clips whose interval of κ reaches `wanted_kappa` to either side."""
    wanted_mean: float
    wanted_kappa: float
    equivalent: float
    """Share of the simulated studies without bias that showed equivalence."""

    @property
    def words(self) -> str:
        """The statement."""
        design = (
            f"With {plural(self.clips, 'clip')} and {plural(self.raters, 'rater')} who give the "
            f"same score again {100 * self.self_agreement:.0f} % of the time, "
        )
        known = (
            f"the mean deviation will be known to ±{self.mean_reach:.2f} points and quadratic "
            f"weighted κ to ±{self.kappa_reach:.2f} (95 % intervals, by simulation)."
            if self.clips >= FEWEST
            else f"no figure will have an interval: that takes {FEWEST} clips."
        )
        return (
            f"{design}{known} ±{self.wanted_mean:g} points take "
            f"{plural(self.clips_for_mean, 'clip')}, κ to ±{self.wanted_kappa:g} "
            f"takes {plural(self.clips_for_kappa, 'clip')}."
        )

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "clips": self.clips,
            "raters": self.raters,
            "self_agreement": self.self_agreement,
            "mean_reach": number(self.mean_reach if self.clips >= FEWEST else None),
            "kappa_reach": number(self.kappa_reach if self.clips >= FEWEST else None),
            "clips_for_mean": {"reach": self.wanted_mean, "clips": self.clips_for_mean},
            "clips_for_kappa": {"reach": self.wanted_kappa, "clips": self.clips_for_kappa},
            "equivalent": number(self.equivalent),
            "words": self.words,
        }


def power(
    clips: int,
    raters: int,
    *,
    repeats: float = 1 / 3,
    self_agreement: float = 0.8,
    mean: float = 0.1,
    kappa: float = 0.1,
    studies: int = _STUDIES,
    seed: int = 0,
) -> Power:
    """Simulate a design on the facial expression of the MDS-UPDRS.

    Parameters
    ----------
    clips, raters : int
        Of the design.
    repeats : float
        Share of originals that are shown again.
    self_agreement : float
        Share of repeats that get the same score.
    mean, kappa : float
        How far intervals are to reach to either side at most.
    studies, seed : int
        How many are simulated, and from where.

    Raises
    ------
    ParameterError
        If a number is out of its range.
    """
    if not (0 < mean < math.inf and 0 < kappa < math.inf and min(clips, raters, studies) > 0):
        raise ParameterError("Clips, raters and reaches have to be above 0.")
    if not 0 <= self_agreement < 1:
        raise ParameterError(
            f"self-agreement is {self_agreement:g}: give a share from 0 to below 1, as raters who "
            "never differ leave nothing to estimate."
        )
    tried = max(clips, _TRIED)
    people = usual_raters(raters, 0.0, self_agreement)
    means, kappas, equal = [], [], []
    for k in range(studies):
        study = SimulatedStudy(tried, people, (HYPOMIMIA,), repeats, seed + k)
        item = analyse(simulate(study)).items[HYPOMIMIA]
        of = item.preserved.together
        means.append(_reach(of.deviation.mean))
        kappas.append(_reach(of.agreement["kappa_quadratic"]))
        equal.append(bool(item.equivalence.equivalent))
    wide_mean, wide_kappa = float(np.nanmedian(means)), float(np.nanmedian(kappas))
    scale = math.sqrt(tried / clips)
    return Power(
        clips,
        raters,
        self_agreement,
        wide_mean * scale,
        wide_kappa * scale,
        max(FEWEST, math.ceil(tried * (wide_mean / mean) ** 2)),
        max(FEWEST, math.ceil(tried * (wide_kappa / kappa) ** 2)),
        mean,
        kappa,
        float(np.mean(equal)) if tried == clips else math.nan,
    )


def _reach(one: Estimate) -> float:
    return math.nan if one.low is None or one.high is None else (one.high - one.low) / 2
