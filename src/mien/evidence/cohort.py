"""Many clips at once: tests of what changed on the whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from mien.evidence.metrics import Metrics
from mien.fidelity.figures import SIDES, look_up

COMPARED = {
    name: SIDES[key]
    for name, key in (
        ("blinks", "blink.rate_original"),
        ("closure in a blink", "blink.completeness_original"),
        ("length of a blink", "blink.duration_s_original"),
        ("opening of the right eye", "blink.open_right_original"),
        ("opening of the left eye", "blink.open_left_original"),
        ("lip movement, 4 to 6 Hz", "tremor.lip.amplitude_original"),
        ("jaw movement, 4 to 6 Hz", "tremor.jaw.amplitude_original"),
        ("asymmetry of the mouth at rest", "resting.second_opinion.mouth_corner.original"),
        ("asymmetry of the brows at rest", "resting.second_opinion.brow.original"),
        ("lips parted at rest", "resting.lips_parted.original"),
        ("heart rate", "pulse.original.heart_rate"),
    )
}
"""What is tested of the figures that the original and the result have each, by its name there."""
_FEWEST = 3


def paired_tests(clips: Sequence[Metrics]) -> list[dict[str, Any]]:
    """Test for each figure whether it changed on the whole.

    Parameters
    ----------
    clips : sequence of Metrics
        Of each clip.

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
    for name, sides in COMPARED.items():
        values = [
            (look_up(clip.measures, sides.original), look_up(clip.measures, sides.other))
            for clip in clips
        ]
        known = np.array([v for v in values if None not in v], float).reshape(-1, 2)
        if len(known) < _FEWEST:
            continue
        difference = known[:, 1] - known[:, 0]
        row: dict[str, Any] = {
            "measure": name,
            "unit": sides.unit,
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
