"""Tremor of lip and jaw: how strong, how fast, at the same time."""

from __future__ import annotations

from typing import Any

import numpy as np

from mien.evidence.evaluate import Evidence
from mien.fidelity import spectra, tremor
from mien.report.drawing import ORIGINAL, RESULT, Made, canvas
from mien.report.evidence.agreement import agreement, both_clips
from mien.report.evidence.curves import Curves, trembling
from mien.report.sections import Section


def section(content: dict[str, Any]) -> Section:
    """What was found, in words and figures."""
    tables = []
    for site, name in (("lip", "lower lip"), ("jaw", "jaw")):
        if not isinstance(content.get(site), dict):
            continue
        keys = [
            f"{path}.{key}"
            for path in (site, f"{site}.in_head")
            for key in ("ratio", "amplitude_ratio", "coherence", "deviation")
        ]
        tables.append(agreement(f"Vertical movement, {name}", "tremor", content, keys))
        sides = [f"{site}.{key}_original" for key in ("peak_hz", "band_peak_hz", "amplitude")]
        tables.append(both_clips(f"Both clips, {name}, in the picture", "tremor", content, sides))
    present = content.get("present")
    notes = [
        {
            True: "The original shows a tremor of lip or jaw between 4 and 6 Hz.",
            False: "The original shows no tremor of lip or jaw: the ratios compare noise and the "
            "movements of speech.",
            None: "Not measurable: both faces have to be seen for 2 s on end, at 13 frames per "
            "second or more.",
        }[present],
        "Power falls and rises with the distance of the face's points from one another; a ratio of "
        "1 means a tremor as strong as it was.",
    ]
    return Section(
        "tremor",
        "Tremor of lip and jaw",
        "Whether lower lip and jaw tremble as strongly, at the same frequency and at the same time "
        "as they did.",
        tuple(tables),
        ("spectrograms", "spectra"),
        tuple(notes),
        content.get("citation", ""),
    )


def _series(evidence: Evidence) -> dict[str, tuple[spectra.Series, spectra.Series]]:
    assert evidence.readings is not None
    return {
        site: trembling(evidence.readings.original, evidence.readings.other, site)
        for site in tremor.SITES
    }


def _spectrograms(evidence: Evidence, curves: Curves) -> Made:
    found = {
        site: [spectra.spectrogram(one) for one in pair] for site, pair in _series(evidence).items()
    }
    if not all(one is not None for pair in found.values() for one in pair):
        return None
    figure = canvas(4.6)
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
            for edge in spectra.BAND_HZ:
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


def _spectra(evidence: Evidence, curves: Curves) -> Made:
    found = {
        site: [spectra.spectrum(one) for one in pair] for site, pair in _series(evidence).items()
    }
    if not all(len(one[0]) for pair in found.values() for one in pair):
        return None
    figure = canvas(2.6)
    for axes, (site, (one, two)) in zip(figure.subplots(1, 2), found.items(), strict=True):
        for (hertz, power), colour, width, name in (
            (one, ORIGINAL, 2.2, "original"),
            (two, RESULT, 1.1, "result"),
        ):
            shown = (hertz >= 2) & (hertz <= 12)
            axes.semilogy(
                hertz[shown], np.maximum(power[shown], 1e-14), color=colour, lw=width, label=name
            )
        axes.axvspan(*spectra.BAND_HZ, color="black", alpha=0.07)
        axes.set(title=site, xlabel="Hz")
    figure.axes[0].set_ylabel("power density")
    figure.axes[0].legend(fontsize=7)
    caption = (
        "Average spectrum of the vertical movement of lower lip and jaw above 3 Hz, original "
        "(thick) and result (thin); the band from 4 to 6 Hz is shaded."
    )
    return "spectra", caption, figure


DRAWINGS = (_spectrograms, _spectra)
"""What is drawn of it."""
