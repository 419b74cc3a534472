"""Sheets of labelled pictures, written as PNG."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from mien.outputs import complete

if TYPE_CHECKING:
    import numpy as np


def write_sheet(path: Path, title: str, rows: list[list[tuple[np.ndarray, str]]]) -> None:
    """Write rows of pictures with a caption under each; the file appears when it is complete.

    Parameters
    ----------
    path : Path
        The PNG; replaced if it exists.
    title : str
        Above everything.
    rows : list of list of (np.ndarray [shape=(height, width, 3), dtype=uint8], str)
        RGB pictures and captions, top to bottom and left to right.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = max(len(row) for row in rows)
    tall = max(picture.shape[0] / picture.shape[1] for row in rows for picture, _ in row)
    figure = Figure(figsize=(1.9 * columns, (1.9 * tall + 0.2) * len(rows) + 0.5), dpi=110)
    FigureCanvasAgg(figure)
    grid = figure.subplots(len(rows), columns, squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    for line, row in zip(grid, rows, strict=True):
        for axes, (picture, caption) in zip(line, row, strict=False):
            axes.imshow(picture, interpolation="lanczos")
            axes.text(
                0.5, -0.03, caption, fontsize=8, ha="center", va="top", transform=axes.transAxes
            )
    figure.suptitle(title, fontsize=11, y=1 - 0.12 / figure.get_figheight(), va="top")
    edge = 1 / figure.get_figheight()  # an inch
    figure.subplots_adjust(0.01, 0.2 * edge, 0.99, 1 - 0.4 * edge, wspace=0.04, hspace=0.12)
    data = BytesIO()
    figure.savefig(data, format="png", metadata={"Software": None})
    with complete(path) as part:
        part.write_bytes(data.getvalue())
