"""Many clips at once: tests of what changed on the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    .. [1] Student, Biometrika 6, 1908; Wilcoxon, Biometrics Bulletin 1, 1945.
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


def unheld(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What does not hold, a sentence for each requirement, the most frequent first.

    Parameters
    ----------
    rows : sequence of dict
        For each clip ``clip``, its name, and ``metrics``, what `metrics.json` holds, or None.
    """
    failed: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    asked: dict[str, int] = {}
    for row in rows:
        metrics = row.get("metrics")
        for line in metrics["profile"].get("lines", ()) if metrics else ():
            asked[line["says"]] = asked.get(line["says"], 0) + (line["passed"] is not None)
            if line["passed"] is False:
                failed.setdefault(line["says"], []).append((str(row["clip"]), line))
    said = []
    for says, found in sorted(failed.items(), key=lambda item: -len(item[1])):
        name, line = max(found, key=lambda one: _outside(one[1]))
        unit = f" {line['unit']}" if line.get("unit") else ""
        worst = "not measured" if line["value"] is None else f"{line['value']:.3g}{unit}"
        low, high = line["low"], line["high"]
        wanted = f"at most {high:g}" if low is None else f"at least {low:g}"
        if low is not None and high is not None:
            wanted = f"between {low:g} and {high:g}"
        said.append(
            f"DOES NOT HOLD in {len(found)} of {asked[says]} clips: {says} "
            f"(worst {worst} in {name}, {wanted}{unit} asked)."
        )
    return said


def _outside(line: Mapping[str, Any]) -> float:
    """How far a figure lies outside what is asked; endless where there is none."""
    if line["value"] is None:
        return float("inf")
    over = line["value"] - line["high"] if line["high"] is not None else -float("inf")
    under = line["low"] - line["value"] if line["low"] is not None else -float("inf")
    return float(max(over, under))


def pooled_blinks(clips: Sequence[Metrics]) -> dict[str, Any] | None:
    """Blinks of all clips together at one threshold of the eye aspect ratio [1]_.

    Returns
    -------
    pooled : dict or None
        ``threshold`` at which f1 is highest over all clips, ``n_original``, ``n_other`` and ``tp``
        blinks, ``precision``, ``recall`` and ``f1``; None where no clip has a blink.

    References
    ----------
    .. [1] Zhu et al., Scientific Reports 2024, doi:10.1038/s41598-024-67989-5, use one threshold.
    """
    sums: dict[float, np.ndarray] = {}
    for clip in clips:
        for row in (clip.measures.get("blink") or {}).get("curve") or ():
            counts = np.array([row["n_original"], row["n_other"], row["tp"]], int)
            key = float(row["threshold"])
            sums[key] = sums.get(key, np.zeros(3, int)) + counts
    best = max(sums.items(), key=lambda item: (_f1(item[1]), item[1][0]), default=None)
    if best is None:
        return None
    threshold, (n_original, n_other, tp) = best
    return {
        "threshold": threshold,
        "n_original": int(n_original),
        "n_other": int(n_other),
        "tp": int(tp),
        "precision": round(float(tp / n_other), 5) if n_other else None,
        "recall": round(float(tp / n_original), 5) if n_original else None,
        "f1": round(_f1(best[1]), 5),
    }


def pooled_words(pooled: Mapping[str, Any] | None) -> list[str]:
    """The same in a sentence; nothing without a blink."""
    if pooled is None:
        return []
    shares = [
        "-" if pooled[key] is None else f"{pooled[key]:.3f}" for key in ("precision", "recall")
    ]
    return [
        f"Blinks of all clips at one threshold ({pooled['threshold']:.2f}, chosen on them): "
        f"{pooled['tp']} of {pooled['n_original']} found again, {pooled['n_other']} in the results "
        f"(f1 {pooled['f1']:.3f}, precision {shares[0]}, recall {shares[1]})."
    ]


def _f1(counts: np.ndarray) -> float:
    total = int(counts[0] + counts[1])
    return 2 * int(counts[2]) / total if total else 0.0
