"""Scores over time, as a clip or a device gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mien.blendshapes.names import KNOWN
from mien.data_frame import data_frame
from mien.errors import ParameterError
from mien.shown import new_axes

if TYPE_CHECKING:
    import pandas


_PLOTTED = 5  # scores, where none are named


@dataclass(frozen=True, eq=False)
class Recording:
    """Scores over time."""

    names: tuple[str, ...]
    """What is scored, camelCase; any of `MEDIAPIPE`, `ARKIT` and `ROTATIONS`."""
    scores: np.ndarray
    """0 to 1, on a device sometimes a little more; rotations in radians; NaN where unknown, and all
    NaN where the face was lost; shape (n_frames, n_names)."""
    times: np.ndarray
    """Seconds, from the first frame unless the file says otherwise, shape (n_frames,)."""
    timecodes: tuple[str, ...] | None = None
    """``HH:MM:SS:FF.mmm`` of each frame as recorded."""
    rate: float | None = None
    """Frames per second that `timecodes` are counted in."""
    participants: tuple[str, ...] | None = None
    """Who, of each frame."""
    expressions: tuple[str, ...] | None = None
    """What was asked for, of each frame."""
    notes: tuple[str, ...] = ()
    """What of the file was left out, a sentence each."""

    def __post_init__(self) -> None:
        shape = (len(self.times), len(self.names))
        if np.shape(self.scores) != shape:
            raise ParameterError(
                f"A recording of {shape[0]} frames and {shape[1]} names needs scores of shape "
                f"{shape}, not {np.shape(self.scores)}."
            )
        if len(set(self.names)) < len(self.names):
            raise ParameterError("A recording names each score once.")
        unknown = [name for name in self.names if name not in KNOWN]
        if unknown:
            raise ParameterError(f"{unknown[0]} is the name of no score.")
        for what in (self.timecodes, self.participants, self.expressions):
            if what is not None and len(what) != shape[0]:
                raise ParameterError(f"{shape[0]} frames cannot have {len(what)} entries.")

    def to_frame(self) -> pandas.DataFrame:
        """A row for each frame: ``time_s``, then a column for each score, NaN where unknown.

        Raises
        ------
        ModuleNotFoundError
            If pandas is not installed.
        """
        columns = dict(zip(self.names, self.scores.T, strict=True))
        return data_frame({"time_s": self.times, **columns})

    def plot(self, names: Sequence[str] = (), axes: Any = None) -> Any:
        """Scores over time.

        Parameters
        ----------
        names : sequence of str
            Which; the five that move most if none are named.
        axes : matplotlib.axes.Axes, optional
            Where to draw; new ones if None.

        Returns
        -------
        axes : matplotlib.axes.Axes

        Raises
        ------
        ParameterError
            If the recording does not hold one of them.
        """
        if not names:
            spread = np.ptp(np.nan_to_num(self.scores), axis=0)
            names = [self.names[k] for k in np.argsort(-spread, kind="stable")[:_PLOTTED]]
        axes = axes or new_axes("time (s)", "score")
        for name in names:
            axes.plot(self.times, self.column(name), label=name)
        axes.set_ylim(0, 1)
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
        return axes

    @property
    def found(self) -> np.ndarray:
        """Frames with a face, shape (n_frames,), bool."""
        return np.isfinite(self.scores).any(1)

    @property
    def people(self) -> dict[str, tuple[str, ...]]:
        """What is known of who and of what was asked for, by the name of its column."""
        both = {"participant": self.participants, "expression": self.expressions}
        return {name: words for name, words in both.items() if words is not None}

    def column(self, name: str) -> np.ndarray:
        """One score over time, shape (n_frames,).

        Raises
        ------
        ParameterError
            If the recording does not hold it.
        """
        if name not in self.names:
            raise ParameterError(f"This recording holds no {name}.")
        return self.scores[:, self.names.index(name)]

    def select(self, names: Sequence[str]) -> Recording:
        """The same frames with these names in this order; NaN where the recording lacks one."""
        places = {name: k for k, name in enumerate(self.names)}
        scores = np.full((len(self.times), len(names)), np.nan, np.float32)
        for k, name in enumerate(names):
            if name in places:
                scores[:, k] = self.scores[:, places[name]]
        return replace(self, names=tuple(names), scores=scores)
