"""The charts that follow the video, drawn by plotly in the reader's browser."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from mien.report.evidence.curves import Curves
from mien.report.language import told

_ROW = 128  # pixels
_DASHES = ("solid", "dash", "dashdot", "dot", "longdash")
_TONES = ("#5b9bd5", "#e0883e", "#8f7fd0", "#3fa66b", "#a0a0a0")
ORIGINAL, RESULT = "#5b8fd0", "#e0772e"
"""Colours that are seen on light and on dark ground."""


def plotly_script() -> str:
    """The whole of plotly.js, so that the page needs no network."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


def chart(curves: Curves, *, most: int = 20_000) -> str | None:
    """All curves in one figure with one time axis, as JSON for ``Plotly.newPlot``.

    Parameters
    ----------
    curves : Curves
    most : int
        Points of a curve; the tables hold them all.

    Returns
    -------
    chart : str or None
        None where no face was read in either clip and no body was.
    """
    rows = _rows(curves)
    if not rows:
        return None
    from plotly.subplots import make_subplots

    stride = max(1, -(-len(curves.times) // most))
    times = _short(curves.times[::stride], 4)
    figure = make_subplots(
        rows=len(rows),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.3 / len(rows),
        subplot_titles=[told(title) for title, _ in rows],
    )
    shown: set[str] = set()
    for number, (_, lines) in enumerate(rows, 1):
        for name, values, line in lines:
            figure.add_scatter(
                x=times,
                y=_short(values[::stride], 5),
                name=told(name),
                legendgroup=name,
                showlegend=name not in shown and name != "OKS",
                legend="legend" if name in ("original", "result") else "legend2",
                mode="lines+markers" if name == "OKS" else "lines",
                marker={"size": 3},
                connectgaps=name == "OKS",  # the body is not read in every frame
                line=line,
                hovertemplate="%{y:.4g}",
                row=number,
                col=1,
            )
            shown.add(name)
    _arrange(figure, len(rows))
    # `<` could end the script element that the JSON stands in
    return json.dumps(json.loads(figure.to_json()), allow_nan=False).replace("<", "\\u003c")


def _arrange(figure: Any, rows: int) -> None:
    """Titles, legends, margins and axes of the figure."""
    for annotation in figure.layout.annotations:
        annotation.update(x=0, xanchor="left", font={"size": 12}, yshift=2)
    above, below = 64, 84
    height = _ROW * rows
    figure.update_layout(
        template="none",
        height=above + height + below,
        margin={"l": 46, "r": 10, "t": above, "b": below},
        hovermode="x unified",
        separators=told(".,"),
        hoverdistance=-1,
        dragmode="zoom",
        legend={"orientation": "h", "x": 0, "y": 1 + 0.4 * above / height, "yanchor": "bottom"},
        legend2={"orientation": "h", "x": 0, "y": -0.45 * below / height, "yanchor": "top"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": "#8a949b", "activecolor": ORIGINAL},
    )
    figure.update_xaxes(zeroline=False)
    figure.update_yaxes(zeroline=False, fixedrange=True, nticks=4)
    figure.update_xaxes(title_text=told("seconds"), title_standoff=2, row=rows, col=1)


def _rows(curves: Curves) -> list[tuple[str, list[tuple[str, np.ndarray, dict[str, Any]]]]]:
    thick = {"color": ORIGINAL, "width": 3}
    thin = {"color": RESULT, "width": 1.4}

    def two(one: np.ndarray, other: np.ndarray) -> list[tuple[str, np.ndarray, dict[str, Any]]]:
        return [("original", one, thick), ("result", other, thin)]

    rows = [
        ("Right eye: aspect ratio (low is closed)", two(*(ear[:, 0] for ear in curves.ear))),
        ("Left eye: aspect ratio", two(*(ear[:, 1] for ear in curves.ear))),
        ("Gap of the lips", two(*curves.lips)),
        ("Lower lip above 3 Hz (tremor)", two(*curves.lip)),
        ("Jaw above 3 Hz (tremor)", two(*curves.jaw)),
        (
            "Difference of movement by region (lines: see below)",
            [
                (name, values, {"color": tone, "dash": dash, "width": 1.4})
                for (name, values), tone, dash in zip(
                    curves.regions.items(), _TONES, _DASHES, strict=True
                )
            ],
        ),
        ("Body: similarity of keypoints (OKS)", [("OKS", curves.oks, thin)]),
    ]
    return [
        (title, lines)
        for title, lines in rows
        if any(np.isfinite(values).any() for _, values, _ in lines)
    ]


def _short(values: np.ndarray, digits: int) -> np.ndarray:
    return np.round(values, digits).astype(np.float32)
