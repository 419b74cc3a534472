"""Who reads a face: what is asked of a classifier, and two opinions made one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from mien.emotion.classifier import EXPRESSIONS
from mien.errors import ParameterError

WEIGHT = 0.5
"""Share of the blendshapes' opinion where one is asked for: the mean of logarithms is weighted.
Between .3 and .5 six phantoms' seven expressions were read best."""


class Classifier(Protocol):
    """What is asked of something that reads expressions."""

    def predict_proba(self, faces: Any, /) -> np.ndarray:
        """From crops, or from scores of shape (n, 51), to probabilities, shape (n, 7)."""


class Assess(Protocol):
    """What is asked of something that says which faces can be assessed."""

    def __call__(
        self, crops: list[np.ndarray], poses: list[Any], boxes: list[Any], /
    ) -> Sequence[Any]:
        """One answer per crop, with `assessable` and `reason`."""


def mixed(first: np.ndarray, second: np.ndarray, weight: float = WEIGHT) -> np.ndarray:
    """Two opinions as one: the weighted mean of their logarithms, made probabilities again.

    Parameters
    ----------
    first, second : np.ndarray [shape=(..., 7)]
        Probabilities.
    weight : float
        Of the second, 0 to 1.
    """
    logs = (1 - weight) * np.log(np.maximum(first, 1e-6)) + weight * np.log(
        np.maximum(second, 1e-6)
    )
    odds = np.exp(logs - logs.max(-1, keepdims=True))
    return np.asarray(odds / odds.sum(-1, keepdims=True))


def second_opinion(network: Classifier, scores: np.ndarray) -> np.ndarray:
    """A network's probabilities with `EXPRESSIONS` as columns."""
    given = np.asarray(network.predict_proba(scores), np.float64)
    names = tuple(getattr(network, "expressions", EXPRESSIONS))
    if given.shape != (len(scores), len(names)) or not set(EXPRESSIONS) <= set(names):
        raise ParameterError(
            f"The second opinion has to be on the seven expressions, not on {', '.join(names)}."
        )
    columns = given[:, [names.index(name) for name in EXPRESSIONS]]
    return np.asarray(columns / np.maximum(columns.sum(1, keepdims=True), 1e-12))
