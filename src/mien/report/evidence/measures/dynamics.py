"""Movement of the face: how alike its parts move, how far and how late."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from mien.evidence.evaluate import Evidence
from mien.evidence.matrices import PARTS
from mien.fidelity.figures import look_up
from mien.report.drawing import CEILING, RESULT, Made, canvas
from mien.report.evidence.agreement import agreement
from mien.report.evidence.curves import Curves
from mien.report.numbers import UNKNOWN, number, share
from mien.report.sections import Section, Table

_R = ("r_x", "r_y", "r_cca")
_MAPS = (("r_x", "sideways, $r_x$"), ("r_y", "up and down, $r_y$"), ("r_cca", "both, $r_{CCA}$"))


def section(content: dict[str, Any]) -> Section:
    """What was found, in words and figures."""
    second = content.get("second_opinion", {})
    tracker = second.get("tracker", "MediaPipe")
    rows = (*_R, *(f"pose_removed.{key}" for key in _R))
    opinion = [f"second_opinion.{key}" for key in _R]
    regions = tuple(
        (
            name,
            number(region["gain"]),
            number(look_up(content, f"ceiling.regions.{name}.gain")),
            number(region["lag_ms"], 0) if region["lag_ms"] is not None else UNKNOWN,
            number(region["r"]),
            number(region["extent"], 4),
        )
        for name, region in (content.get("regions") or {}).items()
    )
    notes = [
        f"Compared in {content['frames']} frames, {share(content.get('coverage'))} of those in "
        f"which the original's face is found. Tracker: {content.get('tracker', 'dlib')}; it "
        "does not drive the rendering."
    ]
    if content["r_x"] is None:
        notes.append("Not measurable: both faces have to be found in at least 10 frames, and move.")
    notes.append(
        "A gain below 1 is a damped movement, a positive lag one that comes late. A region that "
        "hardly moves in the original (small extent) says little."
    )
    return Section(
        "dynamics",
        "Movement of the face",
        "Whether the parts of the face move towards and away from each other as they did: 1 means "
        "alike, 0 means unrelated.",
        (
            agreement(
                "Mean correlation over the 1,275 pairs of 51 landmarks", "dynamics", content, rows
            ),
            agreement(f"Second opinion, not independent: {tracker}", "dynamics", content, opinion),
            Table(
                "Main movement of each region, the head's removed",
                ("region", "gain", "ceiling's gain", "lag (ms)", "r", "extent in the original"),
                regions,
            ),
        ),
        ("dynamics", "gains"),
        tuple(notes),
        content.get("citation", ""),
    )


def _maps(evidence: Evidence, curves: Curves) -> Made:
    found = evidence.measures["dynamics"]
    figure = maps(
        [("with the head's movement", found.pairs), ("head's movement removed", found.still_pairs)]
    )
    caption = (
        "How alike two landmarks move against each other in original and result, for each pair of "
        "51 landmarks: 1 (yellow) is alike, 0 (dark) is not; the mean of all pairs stands above."
    )
    return None if figure is None else ("dynamics", caption, figure)


def maps(rows: list[tuple[str, dict[str, np.ndarray]]]) -> Figure | None:
    """Correlations of all pairs as squares, a line of three for each row: its label and
    `Dynamics.pairs`. None where nothing is known."""
    rows = [row for row in rows if np.isfinite(row[1]["r_x"]).any()]
    if not rows:
        return None
    figure = canvas(2.35 * len(rows) + 0.2)
    grid = figure.subplots(len(rows), 3, squeeze=False)
    picture: Any = None
    upper = np.triu_indices(51, 1)
    for line, (label, pairs) in zip(grid, rows, strict=True):
        for axes, (key, title) in zip(line, _MAPS, strict=True):
            square = np.eye(51)
            square[upper] = pairs[key]
            square.T[upper] = pairs[key]
            picture = axes.imshow(square, vmin=0, vmax=1, cmap="viridis", interpolation="nearest")
            axes.set_title(f"{title}: {np.nanmean(pairs[key]):.3f}")
            ticks = [(start + end - 1) / 2 for _, start, end in PARTS]
            axes.set_xticks(ticks, [name for name, _, _ in PARTS], rotation=90)
            axes.set_yticks(ticks, [name for name, _, _ in PARTS])
            axes.tick_params(length=0)
            axes.grid(False)
            axes.spines[["top", "right"]].set_visible(True)
            for _, start, _ in PARTS[1:]:
                axes.axhline(start - 0.5, color="white", lw=0.6)
                axes.axvline(start - 0.5, color="white", lw=0.6)
        line[0].set_ylabel(label)
    figure.colorbar(picture, ax=grid, shrink=0.7, extend="min", label="correlation")
    return figure


def _gains(evidence: Evidence, curves: Curves) -> Made:
    metrics = evidence.metrics.measures["dynamics"] or {}
    regions = metrics.get("regions") or {}
    if not any(region["gain"] is not None for region in regions.values()):
        return None
    figure = canvas(2.2)
    left, right = figure.subplots(1, 2, sharey=True)
    rows = np.arange(len(regions))
    ceiling = metrics["ceiling"].get("regions", {})
    for axes, key, ideal, label in (
        (left, "gain", 1.0, "gain (1: all of the movement)"),
        (right, "lag_ms", 0.0, "lag, milliseconds (0: in time)"),
    ):
        for values, mark, colour, name in (
            (ceiling, "D", CEILING, "encoding alone"),
            (regions, "o", RESULT, "result"),
        ):
            numbers = [values.get(region, {}).get(key) for region in regions]
            axes.plot(
                [np.nan if n is None else n for n in numbers], rows, mark, color=colour, label=name
            )
        axes.axvline(ideal, color="black", lw=0.8)
        axes.set_xlabel(label)
    right.set_xlim(*_around(right.get_xlim(), 0.0, 20.0))
    left.set_xlim(*_around(left.get_xlim(), 1.0, 0.15))
    left.set_yticks(rows, list(regions))
    left.invert_yaxis()
    right.legend(fontsize=7)
    caption = (
        "How much of each region's movement is left, and how late it comes: result (circles) and "
        "encoding alone (diamonds)."
    )
    return "gains", caption, figure


def _around(limits: tuple[float, float], middle: float, least: float) -> tuple[float, float]:
    reach = max(abs(limits[0] - middle), abs(limits[1] - middle), least)
    return middle - reach, middle + reach


DRAWINGS = (_maps, _gains)
"""What is drawn of it."""
