"""The report's still figures, for paper: PNG and SVG by matplotlib.

None of them holds a picture: they are curves, bars and maps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from io import BytesIO
from typing import Any, ParamSpec, TypeVar

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mien.evidence.evaluate import Evidence
from mien.fidelity import pulse, resting, tremor
from mien.report.evidence.curves import Curves, trembling

ORIGINAL, RESULT, CEILING = "#3b6fb6", "#d1691c", "#7a7a7a"
"""Colours that stay apart for the colour-blind; line widths and marks differ as well."""
_LONG = 6000  # frames from which curves in an SVG are pixels: as paths they would be megabytes
_WIDTH = 7.2  # inches: within the margins of A4
_STYLE: Any = {
    "font.size": 8.5,
    "axes.titlesize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "svg.hashsalt": "mien",
    "svg.fonttype": "path",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}
_PARTS = (("brows", 0, 10), ("nose", 10, 19), ("eyes", 19, 31), ("lips", 31, 51))
_MAPS = (("r_x", "sideways, $r_x$"), ("r_y", "up and down, $r_y$"), ("r_cca", "both, $r_{CCA}$"))


@dataclass(frozen=True)
class Drawing:
    """One figure."""

    name: str
    """Its file's name, without ending."""
    caption: str
    """What it shows, in one sentence; also its text alternative."""
    png: bytes
    """As PNG."""
    svg: bytes
    """As SVG."""


def figures(evidence: Evidence, curves: Curves | None) -> Iterator[Drawing]:
    """All figures that this evidence gives.

    Parameters
    ----------
    evidence : Evidence
    curves : Curves or None
        `Curves.of` the evidence.
    """
    makers: list[Callable[[], tuple[str, str, Figure] | None]] = [lambda: _privacy(evidence)]
    if curves is not None:
        makers += [
            lambda: _curves(curves),
            lambda: _dynamics(evidence),
            lambda: _gains(evidence),
            lambda: _blinks(evidence),
            lambda: _spectrograms(evidence),
            lambda: _spectra(evidence),
            lambda: _resting(evidence),
            lambda: _body(curves),
            lambda: _pulse(evidence),
            lambda: _expression(evidence),
            lambda: _continuity(curves),
        ]
    for make in makers:
        if (drawing := _made(make)) is not None:
            yield drawing


P = ParamSpec("P")
T = TypeVar("T")


def drawn(make: Callable[P, T]) -> Callable[P, T]:
    """Let a function draw in the style of all figures of mien's reports."""

    @wraps(make)
    def within(*args: P.args, **kwargs: P.kwargs) -> T:
        import matplotlib

        with matplotlib.rc_context(_STYLE):
            return make(*args, **kwargs)

    return within


def finish(name: str, caption: str, figure: Figure) -> Drawing:
    """Write a figure as PNG and SVG, without a date."""
    FigureCanvasAgg(figure)
    png, svg = BytesIO(), BytesIO()
    figure.savefig(png, format="png", dpi=120, metadata={"Software": None})
    figure.set_layout_engine("none")  # it is laid out now
    figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    return Drawing(name, caption, png.getvalue(), svg.getvalue())


@drawn
def _made(make: Callable[[], tuple[str, str, Figure] | None]) -> Drawing | None:
    made = make()
    return None if made is None else finish(*made)


def _figure(height: float) -> Figure:
    return Figure(figsize=(_WIDTH, height), layout="constrained")


def _two(axes: Any, times: np.ndarray, one: np.ndarray, two: np.ndarray) -> None:
    flat = len(times) > _LONG
    axes.plot(times, one, color=ORIGINAL, lw=1.8, alpha=0.75, label="original", rasterized=flat)
    axes.plot(times, two, color=RESULT, lw=0.9, label="result", rasterized=flat)


def _curves(curves: Curves) -> tuple[str, str, Figure] | None:
    if not (curves.found[0].any() or curves.found[1].any()):
        return None
    figure = _figure(7.6)
    axes = figure.subplots(6, 1, sharex=True)
    rows: list[tuple[str, np.ndarray, np.ndarray]] = [
        ("right eye\naspect ratio", curves.ear[0][:, 0], curves.ear[1][:, 0]),
        ("left eye\naspect ratio", curves.ear[0][:, 1], curves.ear[1][:, 1]),
        ("gap of lips", *curves.lips),
        ("lower lip\nabove 3 Hz", *curves.lip),
        ("jaw\nabove 3 Hz", *curves.jaw),
    ]
    for axis, (label, one, two) in zip(axes, rows, strict=False):
        _two(axis, curves.times, one, two)
        axis.set_ylabel(label)
    for (name, values), mark in zip(
        curves.regions.items(), ("-", "--", "-.", ":", "-"), strict=True
    ):
        axes[5].plot(
            curves.times, values, lw=0.9, ls=mark, label=name, rasterized=len(values) > _LONG
        )
    axes[5].set_ylabel("difference")
    axes[5].legend(ncols=5, loc="upper right", fontsize=7)
    axes[0].legend(ncols=2, loc="upper right", fontsize=7)
    axes[5].set_xlabel("seconds")
    caption = (
        "Movement over time, original (thick, blue) and result (thin, orange): aspect ratio of "
        "each eye, gap of the lips, trembling of lower lip and jaw, and how far each region is "
        "from where it should be; lengths in distances of the outer corners of the eyes."
    )
    return "curves", caption, figure


def _dynamics(evidence: Evidence) -> tuple[str, str, Figure] | None:
    found = evidence.measures["dynamics"]
    rows = [
        ("with the head's movement", found.pairs),
        ("head's movement removed", found.still_pairs),
    ]
    rows = [row for row in rows if np.isfinite(row[1]["r_x"]).any()]
    if not rows:
        return None
    figure = _figure(2.35 * len(rows) + 0.2)
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
            ticks = [(start + end - 1) / 2 for _, start, end in _PARTS]
            axes.set_xticks(ticks, [name for name, _, _ in _PARTS], rotation=90)
            axes.set_yticks(ticks, [name for name, _, _ in _PARTS])
            axes.tick_params(length=0)
            axes.grid(False)
            axes.spines[["top", "right"]].set_visible(True)
            for _, start, _ in _PARTS[1:]:
                axes.axhline(start - 0.5, color="white", lw=0.6)
                axes.axvline(start - 0.5, color="white", lw=0.6)
        line[0].set_ylabel(label)
    figure.colorbar(picture, ax=grid, shrink=0.7, extend="min", label="correlation")
    caption = (
        "How alike two landmarks move against each other in original and result, for each pair of "
        "51 landmarks: 1 (yellow) is alike, 0 (dark) is not; the mean of all pairs stands above."
    )
    return "dynamics", caption, figure


def _gains(evidence: Evidence) -> tuple[str, str, Figure] | None:
    metrics = evidence.metrics["dynamics"]
    regions = metrics.get("regions") or {}
    if not any(region["gain"] is not None for region in regions.values()):
        return None
    figure = _figure(2.2)
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


def _blinks(evidence: Evidence) -> tuple[str, str, Figure] | None:
    metrics = evidence.metrics["blink"]
    rows = metrics.get("curve") or []
    if not rows:
        return None
    figure = _figure(2.7)
    left, right = figure.subplots(1, 2)

    def column(key: str) -> np.ndarray:
        return np.array([np.nan if row[key] is None else row[key] for row in rows], float)

    left.plot(column("recall"), column("precision"), "o-", ms=3, lw=1, color=RESULT)
    if metrics["precision"] is not None and metrics["recall"] is not None:
        left.plot(metrics["recall"], metrics["precision"], "*", ms=12, color="black")
        left.annotate(
            f"threshold {metrics['threshold']:.2f}",
            (metrics["recall"], metrics["precision"]),
            (-6, -14),
            textcoords="offset points",
            ha="right",
        )
    left.set(xlabel="recall", ylabel="precision", xlim=(-0.03, 1.05), ylim=(-0.03, 1.08))
    right.plot(
        column("threshold"), column("n_original"), "s-", ms=3, color=ORIGINAL, label="original"
    )
    right.plot(column("threshold"), column("n_other"), "o-", ms=3, color=RESULT, label="result")
    right.plot(column("threshold"), column("tp"), "x-", ms=4, color=CEILING, label="overlapping")
    right.set(xlabel="eye aspect ratio that counts as closed", ylabel="blinks")
    right.set_ylim(bottom=-0.3)
    right.set_xticks(np.arange(0.05, 0.301, 0.05))
    right.yaxis.get_major_locator().set_params(integer=True)
    right.legend(fontsize=7)
    caption = (
        "Blinks by the published count: precision and recall at each threshold (star: the best), "
        "and how many blinks each threshold finds."
    )
    return "blinks", caption, figure


def _series(evidence: Evidence) -> dict[str, tuple[tremor.Series, tremor.Series]]:
    assert evidence.readings is not None
    return {
        site: trembling(evidence.readings.original, evidence.readings.other, site)
        for site in tremor.SITES
    }


def _spectrograms(evidence: Evidence) -> tuple[str, str, Figure] | None:
    found = {
        site: [tremor.spectrogram(one) for one in pair] for site, pair in _series(evidence).items()
    }
    if not all(one is not None for pair in found.values() for one in pair):
        return None
    figure = _figure(4.6)
    grid = figure.subplots(len(found), 2, sharex=True, sharey=True)
    for line, (site, pair) in zip(grid, found.items(), strict=True):
        levels = [10 * np.log10(np.maximum(one.power, 1e-14)) for one in pair if one]
        high = max(float(level.max()) for level in levels)
        picture: Any = None
        for axes, one, level, name in zip(line, pair, levels, ("original", "result"), strict=True):
            assert one is not None
            shown = one.frequencies <= 12
            order = np.argsort(one.times)
            picture = axes.pcolormesh(
                _edges(one.times[order]),
                _edges(one.frequencies[shown]),
                level[shown][:, order],
                vmin=high - 40,
                vmax=high,
                cmap="magma",
                rasterized=True,
            )
            axes.grid(False)
            for edge in tremor.BAND_HZ:
                axes.axhline(edge, color="white", lw=0.7, ls="--")
            axes.set_title(f"{site}, {name}")
        line[0].set_ylabel("Hz")
        figure.colorbar(picture, ax=line, label="dB")
    for axes in grid[-1]:
        axes.set_xlabel("seconds")
    caption = (
        "Power of the vertical movement of lower lip and jaw above 3 Hz over time, original (left) "
        "and result (right) on the same scale; a tremor is a bright line between the dashed lines "
        "at 4 and 6 Hz."
    )
    return "spectrograms", caption, figure


def _edges(middles: np.ndarray) -> np.ndarray:
    """Edges of cells around their middles; half a second around a single one."""
    if len(middles) == 1:
        return np.array([middles[0] - 0.25, middles[0] + 0.25])
    between = (middles[1:] + middles[:-1]) / 2
    first, last = 2 * middles[0] - between[0], 2 * middles[-1] - between[-1]
    return np.r_[first, between, last]


def _spectra(evidence: Evidence) -> tuple[str, str, Figure] | None:
    found = {
        site: [tremor.spectrum(one) for one in pair] for site, pair in _series(evidence).items()
    }
    if not all(len(one[0]) for pair in found.values() for one in pair):
        return None
    figure = _figure(2.6)
    for axes, (site, (one, two)) in zip(figure.subplots(1, 2), found.items(), strict=True):
        for (hertz, power), colour, width, name in (
            (one, ORIGINAL, 2.2, "original"),
            (two, RESULT, 1.1, "result"),
        ):
            shown = (hertz >= 2) & (hertz <= 12)
            axes.semilogy(
                hertz[shown], np.maximum(power[shown], 1e-14), color=colour, lw=width, label=name
            )
        axes.axvspan(*tremor.BAND_HZ, color="black", alpha=0.07)
        axes.set(title=site, xlabel="Hz")
    figure.axes[0].set_ylabel("power density")
    figure.axes[0].legend(fontsize=7)
    caption = (
        "Average spectrum of the vertical movement of lower lip and jaw above 3 Hz, original "
        "(thick) and result (thin); the band from 4 to 6 Hz is shaded."
    )
    return "spectra", caption, figure


RESTING_WORDS = {
    "mouth_corner": "corners of the mouth, right - left",
    "brow": "brows, right - left",
    "lid": "lids, right - left",
    "lid_right": "lids apart, right",
    "lid_left": "lids apart, left",
    "upper_lid_right": "upper lid, right",
    "upper_lid_left": "upper lid, left",
    "aperture_right": "opening / width, right eye",
    "aperture_left": "opening / width, left eye",
    "lips_parted": "lips apart",
}
"""What `resting.MEASURES` are, in words."""


def _resting(evidence: Evidence) -> tuple[str, str, Figure] | None:
    metrics = evidence.metrics["resting"]
    names = [n for n in resting.MEASURES if not n.startswith("aperture")]
    names = [n for n in names if metrics[n]["original"] is not None]
    if not names:
        return None
    figure = _figure(2.6)
    axes = figure.subplots()
    rows = np.arange(len(names))
    one, two = (
        np.array([metrics[n][side] for n in names], float) for side in ("original", "other")
    )
    axes.hlines(rows, np.fmin(one, two), np.fmax(one, two), color=CEILING, lw=1.5)
    axes.plot(one, rows, "s", color=ORIGINAL, ms=6, label="original")
    axes.plot(two, rows, "o", color=RESULT, ms=5, label="result")
    axes.axvline(0, color="black", lw=0.8)
    axes.set_yticks(rows, [RESTING_WORDS.get(n, n) for n in names])
    axes.invert_yaxis()
    axes.set_xlabel("per cent of the face's width")
    axes.legend(fontsize=7)
    caption = (
        "The face at rest, original (squares) and result (circles): differences of the two sides, "
        "height of lids and gap of the lips."
    )
    return "resting", caption, figure


def _body(curves: Curves) -> tuple[str, str, Figure] | None:
    known = np.isfinite(curves.oks)
    if not known.any():
        return None
    figure = _figure(2.3)
    left, right = figure.subplots(1, 2, width_ratios=(2, 1))
    flat = len(curves.times) > _LONG
    left.plot(
        curves.times[known], curves.oks[known], ".-", ms=2, color=RESULT, lw=1, rasterized=flat
    )
    left.axhline(0.95, color="black", lw=0.8, ls="--")
    low = min(0.9, float(np.nanmin(curves.oks)) - 0.02)
    left.set(xlabel="seconds", ylabel="OKS", ylim=(low, 1.005))
    right.hist(curves.oks[known], bins=np.linspace(low, 1, 31), color=RESULT)
    right.axvline(0.95, color="black", lw=0.8, ls="--")
    right.set(xlabel="OKS", ylabel="frames")
    caption = (
        "Similarity of the body's keypoints (OKS) in each frame, over time and as a histogram; "
        "dashed: .95."
    )
    return "body", caption, figure


def _pulse(evidence: Evidence) -> tuple[str, str, Figure] | None:
    assert evidence.readings is not None
    times = evidence.readings.original.times
    found = [
        pulse.rates(reading.skin, times)
        for reading in (evidence.readings.original, evidence.readings.other)
    ]
    if not all(len(side.times) and np.isfinite(side.heart_rate).any() for side in found):
        return None
    figure = _figure(2.3)
    axes = figure.subplots()
    for side, colour, mark, name in zip(
        found, (ORIGINAL, RESULT), ("s", "o"), ("original", "result"), strict=True
    ):
        rate = side.heart_rate.mean(1)
        size = 8 if mark == "s" else 5
        axes.plot(
            side.times, rate, mark, color=colour, ms=size, mfc="none", alpha=0.8, label=f"{name}"
        )
        axes.plot(
            side.times[side.clear], rate[side.clear], mark, color=colour, ms=size, alpha=0.8,
            label=f"{name}, clear",
        )  # fmt: skip
    axes.set(xlabel="seconds (middle of the window)", ylabel="beats a minute")
    axes.legend(ncols=2, fontsize=7)
    caption = (
        "Heart rate read from the colour of the skin in windows, original (squares) and result "
        "(circles); filled where the signal is clear, hollow where it is noise."
    )
    return "pulse", caption, figure


def _expression(evidence: Evidence) -> tuple[str, str, Figure] | None:
    metrics = evidence.metrics["expression"]
    channels = metrics.get("r_by_channel") or {}
    channels = {name: r for name, r in channels.items() if r is not None}
    if not channels:
        return None
    names = sorted(channels, key=lambda name: -channels[name])
    figure = _figure(0.8 + 0.15 * len(names))
    axes = figure.subplots()
    rows = np.arange(len(names))
    axes.barh(rows, [channels[n] for n in names], color=RESULT, alpha=0.8, label="result")
    ceiling = metrics["ceiling"].get("r_by_channel", {})
    axes.plot(
        [np.nan if ceiling.get(n) is None else ceiling[n] for n in names], rows, "D", ms=3,
        color=CEILING, label="encoding alone",
    )  # fmt: skip
    axes.set_yticks(rows, names, fontsize=7)
    axes.invert_yaxis()
    axes.set(xlabel="correlation", xlim=(min(0.0, min(channels.values())), 1.01))
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.legend(fontsize=7, loc="lower left")
    caption = (
        "Agreement of each expression channel that moves in the original (bars), and what encoding "
        "alone leaves of it (diamonds)."
    )
    return "expression", caption, figure


def _continuity(curves: Curves) -> tuple[str, str, Figure] | None:
    if not len(curves.times):
        return None
    figure = _figure(1.7)
    axes = figure.subplots()
    rows = (
        ("face found, original", curves.found[0], ORIGINAL),
        ("face found, result", curves.found[1], RESULT),
        ("held in the result", curves.held, "black"),
        ("missing in the result", curves.partner < 0, "black"),
    )
    step = float(np.median(np.diff(curves.times))) if len(curves.times) > 1 else 1.0
    ends = np.r_[curves.times, curves.times[-1] + step]
    for row, (_, flags, colour) in enumerate(rows):
        edges = np.diff(np.r_[0, flags.astype(int), 0])
        first, last = ends[np.flatnonzero(edges == 1)], ends[np.flatnonzero(edges == -1)]
        axes.broken_barh(
            list(zip(first, last - first, strict=True)), (row - 0.35, 0.7), color=colour
        )
    axes.set_yticks(range(len(rows)), [name for name, _, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(ends[0], ends[-1])
    axes.set_xlabel("seconds")
    caption = (
        "When a face is found in each clip, and when the result's stands still or a frame of it is "
        "missing."
    )
    return "continuity", caption, figure


def _privacy(evidence: Evidence) -> tuple[str, str, Figure] | None:
    findings = evidence.verdict.findings if evidence.verdict else []
    findings = [found for found in findings if found.pairs]
    if not findings:
        return None
    figure = _figure(2.5)
    axes = figure.subplots()
    every = [[pair.distance for pair in found.pairs] for found in findings]
    threshold = findings[0].audit.threshold
    top = max(max(max(one) for one in every), threshold)
    bottom = min(min(min(one) for one in every), threshold)
    bins = np.arange(np.floor(bottom * 50) / 50 - 0.02, top + 0.04, 0.02)
    axes.hist(
        every,
        bins=list(bins),
        stacked=True,
        label=[f"person {f.audit.person + 1}" for f in findings],
    )
    axes.axvline(threshold, color="black", lw=1.2, ls="--")
    axes.axvspan(bins[0], threshold, color="black", alpha=0.07)
    axes.set(
        xlabel="distance to the nearest original frame", ylabel="frames", xlim=(bins[0], bins[-1])
    )
    if len(findings) > 1:
        axes.legend(fontsize=7)
    caption = (
        f"Distance that the recogniser sees between each compared frame of the result and the "
        f"person; below {threshold:g} (dashed, shaded) it takes them for one."
    )
    return "privacy", caption, figure
