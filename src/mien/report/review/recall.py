"""The recall curve of a simulated screening."""

from __future__ import annotations

import numpy as np

from mien.report.drawing import CEILING, ORIGINAL, RESULT, Drawing, canvas, drawn, finish
from mien.report.numbers import spaced
from mien.review.screening.simulation import Simulation


@drawn
def recall_figure(simulation: Simulation) -> Drawing:
    """Recall against records screened, beside chance and the best order there is."""
    figure = canvas(3.4)
    axis = figure.subplots()
    count, total = simulation.records, simulation.relevant
    screened = np.arange(len(simulation.order) + 1)
    axis.plot([0, count], [0, 1], color=CEILING, lw=1, ls=":", label="at random")
    axis.plot([0, total, count], [0, 1, 1], color=CEILING, lw=1, ls="--", label="best order")
    axis.step(
        np.append(screened, count),
        np.concatenate([[0], simulation.recall, [1]]),
        where="post",
        color=ORIGINAL,
        lw=1.8,
        label=simulation.settings.model,
    )
    measures = simulation.measures()
    at = measures["screened@95"]
    axis.plot([at], [0.95], "o", color=ORIGINAL, ms=5)
    axis.annotate(
        f"95 % after {spaced(at)}", (at, 0.95), xytext=(8, -12), textcoords="offset points"
    )
    if simulation.stop is not None:
        axis.axvline(simulation.stop.screened, color=RESULT, lw=1.2, ls="-.", label="rule stops")
    axis.set(xlabel="records screened", ylabel="recall", xlim=(0, count), ylim=(0, 1.03))
    axis.legend(loc="lower right")
    caption = (
        f"Of {spaced(total)} relevant records among {spaced(count)}, 95 % were found after "
        f"{spaced(at)}: work saved "
        f"over sampling {measures['wss@95']:.3f}."
    )
    return finish("recall", caption, figure)
