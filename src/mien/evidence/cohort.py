"""Many clips at once: tests of what changed on the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from mien.fidelity.profile import look_up

COMPARED: tuple[tuple[str, str, str, str], ...] = (
    ("blinks", "1/min", "blink.rate_original", "blink.rate_other"),
    ("closure in a blink", "share", "blink.completeness_original", "blink.completeness_other"),
    ("length of a blink", "s", "blink.duration_s_original", "blink.duration_s_other"),
    ("opening of the right eye", "EAR", "blink.open_right_original", "blink.open_right_other"),
    ("opening of the left eye", "EAR", "blink.open_left_original", "blink.open_left_other"),
    (
        "lip movement, 4 to 6 Hz",
        "outer-eye distances",
        "tremor.lip.amplitude_original",
        "tremor.lip.amplitude_other",
    ),
    (
        "jaw movement, 4 to 6 Hz",
        "outer-eye distances",
        "tremor.jaw.amplitude_original",
        "tremor.jaw.amplitude_other",
    ),
    (
        "asymmetry of the mouth at rest",
        "% of face width",
        "resting.second_opinion.mouth_corner.original",
        "resting.second_opinion.mouth_corner.other",
    ),
    (
        "asymmetry of the brows at rest",
        "% of face width",
        "resting.second_opinion.brow.original",
        "resting.second_opinion.brow.other",
    ),
    (
        "lips parted at rest",
        "% of face width",
        "resting.lips_parted.original",
        "resting.lips_parted.other",
    ),
    ("heart rate", "1/min", "pulse.original.heart_rate", "pulse.other.heart_rate"),
)
"""Figures that the original and the result have each: name, unit, key of either."""
_FEWEST = 3


def paired_tests(clips: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Test for each figure whether it changed on the whole.

    Parameters
    ----------
    clips : list of dict
        Metrics of each clip.

    Returns
    -------
    tests : list of dict
        For each figure that at least three clips have in original and result: ``measure`` and
        ``unit``, ``n`` clips, ``mean_original`` and ``mean_result``, their ``difference`` (result
        less original) with its 95 % ``interval``, ``t`` and ``p`` of Student's paired t-test [1]_
        and ``wilcoxon_p`` of Wilcoxon's signed-rank test; None where all differences are alike.

    References
    ----------
    .. [1] Zhu et al., Scientific Reports 2024, doi:10.1038/s41598-024-67989-5, compare blinks so.
    """
    tests = []
    for name, unit, one, two in COMPARED:
        values = [(look_up(clip, one), look_up(clip, two)) for clip in clips]
        known = np.array([v for v in values if None not in v], float).reshape(-1, 2)
        if len(known) < _FEWEST:
            continue
        difference = known[:, 1] - known[:, 0]
        row: dict[str, Any] = {
            "measure": name,
            "unit": unit,
            "n": len(known),
            "mean_original": round(float(known[:, 0].mean()), 5),
            "mean_result": round(float(known[:, 1].mean()), 5),
            "difference": round(float(difference.mean()), 5),
            "interval": None,
            "t": None,
            "p": None,
            "wilcoxon_p": None,
        }
        if np.ptp(difference) > 1e-9:  # figures are rounded: a smaller spread is none
            test = stats.ttest_rel(known[:, 1], known[:, 0])
            low, high = test.confidence_interval(0.95)
            row |= {
                "interval": [round(float(low), 5), round(float(high), 5)],
                "t": round(float(test.statistic), 4),
                "p": round(float(test.pvalue), 5),
                "wilcoxon_p": round(float(stats.wilcoxon(difference).pvalue), 5),
            }
        tests.append(row)
    return tests
