"""Agreement of two timelines of one encounter: before and after de-identification.

References
----------
.. [1] Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological
   Measurement 20(1), 1960.
.. [2] Künsch, "The jackknife and the bootstrap for general stationary observations", Annals of
   Statistics 17(3), 1989.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.timeline import Timeline
from mien.errors import ParameterError
from mien.statistics import cohen, finite_or_none

BLOCK_S = 5.0
"""Length of the blocks that are drawn: neighbouring seconds are alike."""
FEW = 5
"""Seconds of an expression below which its own agreement says little."""
_FEWEST = 6  # blocks below which no interval is given
_DRAWS = 1000


@dataclass(frozen=True, eq=False)
class Agreement:
    """How far two timelines name the same expressions."""

    kappa: float
    """Cohen's kappa over `EXPRESSIONS` [1]_; NaN where it is not defined."""
    interval: tuple[float, float] | None
    """95 %, by drawing blocks of time [2]_; None where there is too little."""
    share: float
    """Of the compared steps, those with the same expression; NaN without any."""
    confusion: np.ndarray
    """Steps by first (rows) and second (columns) timeline, shape (7, 7), int64."""
    by_expression: dict[str, float]
    """Kappa of each expression against all others; only those that occur."""
    kappa_all: float
    """Kappa where "not assessed" counts as an answer of its own: what is lost counts against it."""
    lost: int
    """Steps that are known in the first timeline only."""
    gained: int
    """Steps that are known in the second one only."""

    @property
    def steps(self) -> int:
        """Steps that are known in both."""
        return int(self.confusion.sum())

    @property
    def coverage(self) -> float:
        """Of the steps known in the first timeline, those known in the second; NaN without any."""
        known = self.steps + self.lost
        return self.steps / known if known else math.nan

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "kappa": finite_or_none(self.kappa),
            "interval": None if self.interval is None else list(self.interval),
            "kappa_all": finite_or_none(self.kappa_all),
            "share": finite_or_none(self.share),
            "steps": self.steps,
            "lost": self.lost,
            "gained": self.gained,
            "coverage": finite_or_none(self.coverage),
            "by_expression": {
                name: {
                    "kappa": finite_or_none(value),
                    "first": int(self.confusion[k].sum()),
                    "second": int(self.confusion[:, k].sum()),
                    "both": int(self.confusion[k, k]),
                }
                for k, name in enumerate(EXPRESSIONS)
                if (value := self.by_expression.get(name)) is not None
            },
            "confusion": self.confusion.tolist(),
        }


def agreement(first: Iterable[Timeline], second: Iterable[Timeline]) -> Agreement:
    """Compare the dominant expressions of timelines, step by step.

    Parameters
    ----------
    first, second : iterables of Timeline
        Pairs of the same role and resolution, e.g. of the originals and of the de-identified
        recordings; steps are matched by their times.

    Raises
    ------
    ParameterError
        If the pairs do not fit each other.
    """
    pairs = list(zip(first, second, strict=True))
    if not pairs:
        raise ParameterError("There are no timelines to compare.")
    tables, lost, gained = [], 0, 0
    everything = np.zeros((8, 8), np.int64)
    for one, other in pairs:
        if one.role != other.role or one.resolution != other.resolution:
            raise ParameterError("Agreement needs timelines of one role and one resolution.")
        a, b = one.dominant.astype(int), _at(one, other)
        both = (a >= 0) & (b >= 0)
        np.add.at(everything, (a, b), 1)  # -1 is the last row or column
        lost += int(((a >= 0) & (b < 0)).sum())
        gained += int(((a < 0) & (b >= 0)).sum())
        block = np.floor(np.arange(len(a)) * one.resolution / BLOCK_S + 1e-9).astype(int)
        table = np.zeros((int(block[-1]) + 1 if len(a) else 0, 7, 7), np.int64)
        np.add.at(table, (block[both], a[both], b[both]), 1)
        tables.append(table[table.any((1, 2))])
    blocks = np.concatenate(tables)
    total = blocks.sum(0)
    steps = total.sum()
    shown = [k for k in range(7) if total[k].any() or total[:, k].any()]
    return Agreement(
        kappa=float(cohen(total[None])[0]),
        interval=_interval(blocks),
        share=float(np.trace(total) / steps) if steps else math.nan,
        confusion=total,
        by_expression={EXPRESSIONS[k]: float(cohen(_against(total, k)[None])[0]) for k in shown},
        kappa_all=float(cohen(everything[None])[0]),
        lost=lost,
        gained=gained,
    )


def _interval(blocks: np.ndarray) -> tuple[float, float] | None:
    if len(blocks) < _FEWEST:
        return None
    rng = np.random.default_rng(0)  # the same encounter has the same interval
    weights = rng.multinomial(len(blocks), np.full(len(blocks), 1 / len(blocks)), _DRAWS)
    drawn = cohen((weights @ blocks.reshape(len(blocks), 49)).reshape(-1, 7, 7))
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) < _DRAWS / 2:
        return None
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def _at(one: Timeline, other: Timeline) -> np.ndarray:
    """The other timeline's expressions at the times of the first one, -1 where it has none."""
    theirs = np.full(len(one), -1)
    if len(one) and len(other):
        k = np.round((one.times - other.times[0]) / one.resolution).astype(int)
        inside = (k >= 0) & (k < len(other))
        theirs[inside] = other.dominant[k[inside]]
    return theirs


def _against(table: np.ndarray, k: int) -> np.ndarray:
    both = table[k, k]
    first, second = table[k].sum() - both, table[:, k].sum() - both
    return np.array([[both, first], [second, table.sum() - both - first - second]])
