"""The curves and lists behind the report as CSV, for a statistics program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mien.evidence.evaluate import Evidence
from mien.fidelity.dynamics import FIRST, SECOND
from mien.report.evidence.curves import Curves
from mien.report.spreadsheet import to_csv

_SIDES = ("original", "result")


def tables(evidence: Evidence, curves: Curves | None) -> Iterator[tuple[str, str]]:
    """Names and contents of the tables that this evidence gives."""
    yield "lines.csv", lines(evidence)
    if curves is not None:
        yield "frames.csv", frames(curves)
    if (dynamics := evidence.measures.get("dynamics")) is not None:
        yield "pairs.csv", pairs(dynamics)
    if (blink := evidence.measures.get("blink")) is not None:
        yield "blinks.csv", blinks(blink)
    yield "moments.csv", moments(evidence)
    if evidence.verdict is not None:
        yield "distances.csv", distances(evidence)


def frames(curves: Curves) -> str:
    """One row per frame of the original."""
    columns: dict[str, np.ndarray] = {
        "frame": np.arange(len(curves.times)),
        "time_s": curves.times,
        "frame_result": curves.partner,
    }
    for k, side in enumerate(_SIDES):
        columns[f"face_found_{side}"] = curves.found[k].astype(int)
        columns[f"ear_right_{side}"] = curves.ear[k][:, 0]
        columns[f"ear_left_{side}"] = curves.ear[k][:, 1]
        columns[f"lip_gap_{side}"] = curves.lips[k]
        columns[f"lower_lip_highpass_{side}"] = curves.lip[k]
        columns[f"jaw_highpass_{side}"] = curves.jaw[k]
    columns |= {f"difference_{name}": values for name, values in curves.regions.items()}
    columns |= {"oks": curves.oks, "held": curves.held.astype(int)}
    return to_csv(list(columns), zip(*columns.values(), strict=True))


def pairs(dynamics: Any) -> str:
    """One row per pair of the 51 landmarks, numbered as in dlib's 68 from 0."""
    kinds = {"": dynamics.pairs, "pose_removed_": dynamics.still_pairs}
    columns = {f"{kind}{name}": v for kind, found in kinds.items() for name, v in found.items()}
    return to_csv(
        ["landmark_1", "landmark_2", *columns],
        zip(FIRST + 17, SECOND + 17, *columns.values(), strict=True),
    )


def blinks(blink: Any) -> str:
    """One row per blink of either clip; partners share a number in ``matched``."""
    partner: dict[tuple[int, int], int] = {}
    for number, (i, j) in enumerate(blink.matched, 1):
        partner[0, i] = partner[1, j] = number
    rows = [
        (side, one.start, one.end, one.moment, one.depth, partner.get((k, n)))
        for k, (side, lids) in enumerate(zip(_SIDES, (blink.original, blink.other), strict=True))
        for n, one in enumerate(lids.blinks)
    ]
    return to_csv(["clip", "start_s", "end_s", "lowest_s", "depth", "matched"], rows)


def lines(evidence: Evidence) -> str:
    """One row per line of the profile."""
    return to_csv(
        ["key", "says", "kind", "at_least", "at_most", "unit", "value", "answer", "source"],
        (
            (
                line.ask.key,
                line.ask.says,
                line.ask.kind,
                line.ask.low,
                line.ask.high,
                line.ask.unit,
                line.value,
                {True: "holds", False: "does not hold", None: "does not apply"}[line.passed],
                line.ask.source,
            )
            for line in evidence.lines
        ),
    )


def moments(evidence: Evidence) -> str:
    """One row per moment to look at, the worst first."""
    return to_csv(
        ["frame", "time_s", "kind", "words", "weight"],
        ((m.frame, m.time, m.kind, m.words, m.weight) for m in evidence.moments),
    )


def distances(evidence: Evidence) -> str:
    """One row per face that a recogniser compared."""
    findings = evidence.verdict.findings if evidence.verdict else []
    return to_csv(
        ["person", "recogniser", "frame", "distance", "threshold"],
        (
            (
                found.audit.person + 1,
                found.audit.recogniser,
                pair.frame,
                pair.distance,
                found.audit.threshold,
            )
            for found in findings
            for pair in sorted(found.pairs, key=lambda pair: pair.frame)
        ),
    )
