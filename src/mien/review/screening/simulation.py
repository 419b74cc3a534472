"""Screening a labelled set as if nobody had: what an order of priority would have saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.errors import ParameterError
from mien.progress import Progress
from mien.review.records.record import Record
from mien.review.screening.curves import (
    loss,
    recall_curve,
    relevant_found,
    screened_for,
    time_to_discovery,
    work_saved,
)
from mien.review.screening.learning import features_of, model_named, scores
from mien.review.screening.stopping import Stopping, stopping


@dataclass(frozen=True)
class Settings:
    """How a set is screened."""

    model: str = "svm"
    """A name of `mien.review.screening.learning.MODELS`."""
    included: int = 0
    """Relevant records that are known from the start, drawn at random."""
    excluded: int = 0
    """Irrelevant ones."""
    seed: int = 0
    """For what is drawn."""
    patience: int = 100
    """It is learnt anew after each decision at first, and after every k/patience of k decisions."""
    target: float = 0.95
    """Recall that the stopping rule is to reach."""


@dataclass(frozen=True, eq=False)
class Simulation:
    """What became of it."""

    settings: Settings
    """How it was screened."""
    records: int
    """In all, with a decision."""
    relevant: int
    """Of them relevant."""
    order: np.ndarray
    """Places of records in the order of screening, until the last relevant one, shape (k,)."""
    found: np.ndarray
    """Their labels, shape (k,)."""
    stop: Stopping | None
    """Where the stopping rule would have stopped; None if nowhere before the end."""

    @property
    def recall(self) -> np.ndarray:
        """After each record of `order`, shape (k,)."""
        return recall_curve(self.found, self.relevant)

    def measures(self) -> dict[str, Any]:
        """The field's measures, by name."""
        found, records, total = self.found, self.records, self.relevant
        return {
            "wss@95": round(work_saved(found, records, total, 0.95), 4),
            "wss@100": round(work_saved(found, records, total, 1.0), 4),
            "rrf@10": round(relevant_found(found, records, total), 4),
            "atd": round(time_to_discovery(found, records), 4),
            "loss": round(loss(found, records, total), 4),
            "screened@95": screened_for(found, total, 0.95),
            "screened@100": screened_for(found, total, 1.0),
        }


def simulate(
    records: Sequence[Record],
    labels: Sequence[int],
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Simulation:
    """Screen a labelled set in the order of priority, learning from each decision.

    Records come in the order of the file until both decisions were met, as in ASReview, unless some
    are known from the start.

    Parameters
    ----------
    records : sequence of Record
    labels : sequence of int
        1 relevant, 0 not, one a record.
    settings : Settings, optional
    progress : callable, optional
        Called as ``progress("screening", found, relevant)``.

    Raises
    ------
    ParameterError
        If a decision is not there, or too few for what should be known from the start.
    """
    settings = settings or Settings()
    model = model_named(settings.model)
    truth = np.asarray(labels, int)
    total, count = int(truth.sum()), len(truth)
    if not 0 < total < count:
        raise ParameterError("All records have the same decision: give a set with both.")
    features = features_of(records, model)
    order = _known(truth, settings)
    seen = np.zeros(count, bool)
    seen[order] = True
    waiting = iter(np.flatnonzero(~seen))
    found = int(truth[order].sum())
    while found < total:
        if found == 0 or found == len(order):  # one decision is still missing
            batch = np.array([next(waiting)])
        else:
            now = np.array(order)
            value = scores(features, now, truth[now], model, seed=settings.seed)
            left = np.flatnonzero(~seen)
            best = left[np.argsort(-value[left], kind="stable")]
            batch = best[: max(1, len(order) // settings.patience)]
        for place in batch:
            order.append(int(place))
            found += int(truth[place])
            if found == total:
                break
        seen[order] = True
        if progress is not None:
            progress("screening", found, total)
    places = np.array(order)
    return Simulation(
        settings, count, total, places, truth[places], _stopped(truth, places, settings.target)
    )


def _known(truth: np.ndarray, settings: Settings) -> list[int]:
    rng = np.random.default_rng(settings.seed)
    known: list[int] = []
    for label, wanted in ((1, settings.included), (0, settings.excluded)):
        there = np.flatnonzero(truth == label)
        if not 0 <= wanted <= len(there) - (label == 1 and wanted > 0):
            raise ParameterError(
                f"{wanted} records cannot be known from the start: {len(there)} have that decision."
            )
        known.extend(int(place) for place in rng.choice(there, wanted, replace=False))
    return known


def _stopped(truth: np.ndarray, order: np.ndarray, target: float) -> Stopping | None:
    """Where the rule would have stopped; looked at every hundredth of the records."""
    count = len(truth)
    found = truth[order]
    rest = count - len(order)  # all irrelevant, in whatever order
    labels = np.concatenate([found, np.zeros(rest, int)])
    step = max(count // 100, 1)
    for screened in range(step, count, step):
        if labels[screened - step : screened].sum() > 0.05 * step:
            continue  # too many were just found
        now = stopping(labels[:screened], count, target=target)
        if now.stop:
            return now
    return None
