"""What the network sees of a snapshot: its scores, less a neutral face, and those just before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mien.errors import ParameterError
from mien.selfnorm.snapshots import Snapshots

NEUTRAL = "neutral"
_PARTS = ("mean", "sd", "slope")


@dataclass(frozen=True)
class Features:
    """How inputs are made of snapshots."""

    window: int = 0
    """Snapshots up to and with this one, of the same recording, whose mean, standard deviation and
    slope (per snapshot) are added for each score; 0: none. At the start there are fewer."""
    baseline: bool = False
    """Subtract the participant's own neutral face: the median of what is labelled neutral, or, for
    somebody without such a snapshot, of everything."""
    neutral: str = NEUTRAL
    """The expression that counts as neutral."""

    def __post_init__(self) -> None:
        if self.window != 0 and not 2 <= self.window <= 1000:
            raise ParameterError(f"A window is 2 to 1000 snapshots, or 0, not {self.window}.")

    def names(self, scores: Sequence[str]) -> tuple[str, ...]:
        """Names of the inputs made of these scores."""
        added = _PARTS if self.window else ()
        return (*scores, *(f"{name}:{part}" for part in added for name in scores))

    def check(self, snapshots: Snapshots) -> None:
        """Refuse to teach with resting faces of which there is none.

        Raises
        ------
        ParameterError
            If a baseline is wanted and no snapshot is labelled as neutral.
        """
        names = snapshots.expressions
        there = self.neutral in names and (snapshots.labels == names.index(self.neutral)).any()
        if self.baseline and not there:
            raise ParameterError(
                f"No snapshot shows {self.neutral!r}, from which a baseline is taken: name the "
                "resting expression with --neutral, or leave --baseline out."
            )

    def of(self, snapshots: Snapshots) -> np.ndarray:
        """Inputs for each snapshot.

        Parameters
        ----------
        snapshots : Snapshots
            In any order; within a recording time tells.

        Returns
        -------
        inputs : np.ndarray [shape=(n, n_inputs), dtype=float32]

        Raises
        ------
        ParameterError
            If there is a window, and nobody knows what was when.
        """
        if self.window:
            snapshots.check_timed("A window of snapshots")
        scores = snapshots.scores
        if self.baseline:
            scores = scores - baselines(snapshots, self.neutral)
        if not self.window:
            return np.ascontiguousarray(scores, np.float32)
        return np.concatenate([scores, windows(snapshots, scores, self.window)], 1)


def baselines(snapshots: Snapshots, neutral: str = NEUTRAL) -> np.ndarray:
    """The neutral face of the participant of each snapshot: medians, shape (n, c), float32."""
    wanted = snapshots.expressions.index(neutral) if neutral in snapshots.expressions else -2
    people, who = np.unique(snapshots.participants, return_inverse=True)
    order = np.argsort(who, kind="stable")
    bounds = np.searchsorted(who[order], np.arange(len(people) + 1))
    table = np.zeros((len(people), len(snapshots.names)), np.float32)
    for k in range(len(people)):
        rows = order[bounds[k] : bounds[k + 1]]
        at_rest = rows[snapshots.labels[rows] == wanted]
        table[k] = np.median(snapshots.scores[at_rest if len(at_rest) else rows], 0)
    return table[who]


def windows(snapshots: Snapshots, scores: np.ndarray, length: int) -> np.ndarray:
    """Mean, standard deviation and slope of each score over the last snapshots of its recording.

    Parameters
    ----------
    snapshots : Snapshots
        Say which recording each row is of, and when.
    scores : np.ndarray [shape=(n, c)]
        The rows.
    length : int
        Snapshots at most.

    Returns
    -------
    moments : np.ndarray [shape=(n, 3 c), dtype=float32]
    """
    n, c = scores.shape
    recording = snapshots.recordings()
    order = np.lexsort((snapshots.times, recording))
    begins = np.searchsorted(recording[order], recording[order], "left")
    position = np.arange(n)
    first = np.maximum(position - length + 1, begins)
    count = (position - first + 1)[:, None].astype(np.float64)
    moments = np.empty((n, 3 * c), np.float32)
    columns = 8  # at a time: bounds memory
    for k in range(0, c, columns):
        part = scores[order, k : k + columns].astype(np.float64)
        end = k + part.shape[1]
        steps = position[:, None]
        sums = [
            np.concatenate([np.zeros((1, part.shape[1])), np.cumsum(values, 0)])
            for values in (part, part**2, part * steps)
        ]
        total, squares, products = (s[position + 1] - s[first] for s in sums)
        mean = total / count
        moments[order, k:end] = mean
        spread = np.sqrt(np.maximum(squares / count - mean**2, 0))
        moments[order, c + k : c + end] = spread
        # least squares against the place in the window
        middle = (first + position)[:, None] / 2
        variance = count * (count**2 - 1) / 12
        slope = (products - middle * total) / np.maximum(variance, 0.5)
        moments[order, 2 * c + k : 2 * c + end] = np.where(count > 1, slope, 0)
    return moments
