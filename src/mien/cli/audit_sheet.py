"""The sheet of an audit: the frames most like the original, original beside result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mien.cli.sheet import write_sheet

if TYPE_CHECKING:
    import numpy as np

    from mien.privacy.audit import Finding, Verdict

_WORST = 8  # pairs of pictures of each person on the sheet
_PER_ROW = 4


def write_pairs(path: Path, verdict: Verdict) -> None:
    """Write the frames with the smallest distances and how all distances are spread."""
    rows: list[list[tuple[np.ndarray, str]]] = []
    for found in verdict.findings:
        worst = found.pairs[:_WORST]
        for start in range(0, len(worst), _PER_ROW):
            row = []
            for pair in worst[start : start + _PER_ROW]:
                row.append((pair.shot.original, f"frame {pair.frame}, original"))
                row.append((pair.shot.result, f"distance {pair.distance:.2f}"))
            if start == 0:
                row.append((_histogram(found), f"person {found.audit.person + 1}: distances"))
            rows.append(row)
    write_sheet(path, "SHOWS THE PATIENT. The frames most like the original", rows)


def _histogram(found: Finding, side: int = 400) -> np.ndarray:
    """How the distances of one person are spread, the threshold as a line, (side, side, 3)."""
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 2), dpi=side / 2)
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots()
    distances = [pair.distance for pair in found.pairs]
    axes.hist(distances, bins=np.linspace(0, max(1.0, *distances), 26).tolist(), color="0.45")
    axes.axvline(found.audit.threshold, color="firebrick", linewidth=1.2)
    axes.set_ylabel("frames", fontsize=8)
    axes.tick_params(labelsize=7)
    figure.subplots_adjust(0.24, 0.14, 0.97, 0.97)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
