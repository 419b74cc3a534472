"""The scores of a face over time, drawn."""

from __future__ import annotations

import numpy as np

from mien.blendshapes.recording import Recording
from mien.report.drawing import LONG, Drawing, canvas, drawn, finish

_MOST = 12  # curves


@drawn
def scores(recording: Recording) -> Drawing:
    """The scores that move most, a row each; gaps where there is no face."""
    spread = np.array(
        [column[np.isfinite(column)].std() if np.isfinite(column).any() else 0.0
         for column in recording.scores.T]
    )  # fmt: skip
    shown = np.sort(np.argsort(-spread)[:_MOST])
    figure = canvas(0.5 + 0.5 * len(shown))
    axes = np.atleast_1d(figure.subplots(len(shown), 1, sharex=True))
    for axis, k in zip(axes, shown, strict=True):
        axis.plot(
            recording.times, recording.scores[:, k], lw=0.9, color="#3b6fb6",
            rasterized=len(recording.times) > LONG,
        )  # fmt: skip
        axis.set(ylim=(-0.02, 1.02), yticks=(0, 1))
        axis.set_ylabel(recording.names[k], rotation=0, ha="right", va="center", fontsize=7)
    axes[-1].set_xlabel("seconds")
    caption = (
        f"The {len(shown)} scores that move most, of {int(recording.found.sum())} frames with a "
        f"face out of {len(recording.times)}."
    )
    return finish("scores", caption, figure)
