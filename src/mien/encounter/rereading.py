"""The same moments read by another classifier: what several of them say, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.observation import ROLES, Observation
from mien.encounter.opinions import Classifier, mixed, second_opinion
from mien.encounter.result import Encounter
from mien.encounter.timeline import Timeline
from mien.statistics import finite_or_none

READERS: tuple[str, ...] = ("pixels", "scores", "both")
"""Who reads: the classifier of pictures that the encounter was analysed with, a network of
blendshape scores, and the two together."""


def reread(encounter: Encounter, network: Classifier, *, both: bool = False) -> Encounter:
    """An encounter as a network of scores reads it, at the moments that could be assessed.

    Parameters
    ----------
    encounter : Encounter
        With moments and their 51 scores, as every analysed one has them.
    network : Classifier
        From scores, shape (n, 51), to probabilities.
    both : bool
        Mix its answers with those that are there.
    """
    step = next(iter(encounter.timelines.values()))
    lines: dict[str, Timeline] = {}
    for role in ROLES:
        if role not in encounter.fine:
            continue
        moments = _moments(encounter.fine[role], role, network, both)
        lines[role] = Timeline.of(
            moments, role, start=float(step.times[0]), end=step.end, resolution=step.resolution,
            sure=encounter.sure,
        )  # fmt: skip
    return replace(encounter, timelines=lines)


def _moments(line: Timeline, role: str, network: Classifier, both: bool) -> list[Observation]:
    """The moments of a fine timeline with a network's answers."""
    read = np.isfinite(line.scores).all(1) & np.isfinite(line.probabilities).all(1)
    given = np.full((len(line), len(EXPRESSIONS)), np.nan)
    if read.any():
        given[read] = second_opinion(network, line.scores[read])
        if both:
            given[read] = mixed(line.probabilities[read], given[read])
    middle = line.resolution / 2  # within its step, whatever is rounded
    return [
        Observation(
            float(line.times[k]) + middle,
            role,
            given[k] if read[k] else None,
            reason=None if read[k] else line.reasons[k] or "not read",
        )
        for k in range(len(line))
        if line.samples[k]
    ]


@dataclass(frozen=True)
class Agreement:
    """How far two classifiers say the same of the same steps."""

    steps: int
    """That both name an expression in."""
    share: float
    """Of these, the same."""
    kappa: float
    """Cohen's; NaN where both name one expression alone."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "steps": self.steps,
            "share": finite_or_none(self.share),
            "kappa": finite_or_none(self.kappa),
        }


def agreement_of(pairs: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Agreement:
    """Agreement over many encounters.

    Parameters
    ----------
    pairs : mapping
        By any name: what two classifiers call each step, -1 where they name nothing, shape (n,).
    """
    table = np.zeros((len(EXPRESSIONS),) * 2)
    for one, two in pairs.values():
        known = (one >= 0) & (two >= 0)
        np.add.at(table, (one[known], two[known]), 1)
    total = table.sum()
    if not total:
        return Agreement(0, float("nan"), float("nan"))
    same = float(np.trace(table) / total)
    chance = float((table.sum(0) * table.sum(1)).sum() / total**2)
    return Agreement(
        int(total), same, (same - chance) / (1 - chance) if chance < 1 else float("nan")
    )
