"""Privacy: how far the recogniser sees the result from the patient."""

from __future__ import annotations

from typing import Any

import numpy as np

from mien.evidence.evaluate import Evidence
from mien.report.drawing import Made, canvas
from mien.report.numbers import DASH, UNKNOWN, number, share
from mien.report.sections import Section, Table


def section(content: dict[str, Any]) -> Section:
    """What was found, in words and figures."""
    tables = []
    ceiling = content.get("ceiling") or {}
    for person in content.get("people") or []:
        own = ceiling if len(content["people"]) == 1 else {}
        quantiles = person.get("quantiles") or {}
        rows = [
            ("frames compared", number(person["frames"]), number(own.get("frames"))),
            ("smallest distance", number(person["nearest"]), number(own.get("nearest"))),
            ("mean distance", number(person["mean"]), number(own.get("mean"))),
            *((f"{q} % of the frames lie below", number(v), UNKNOWN) for q, v in quantiles.items()),
            ("share of frames recognised", share(person["share_under"]),
             UNKNOWN),
            ("at most, with 95 % confidence", share(person.get("share_upper")), UNKNOWN),
            (f"share of frames in which the person is picked among {person.get('others', 0)} "
             "others", share(person.get("rank1")), UNKNOWN),
            ("share of frames left as they were", share(person.get("untouched")), UNKNOWN),
            ("share of frames in which the result shows a face", share(person.get("seen")),
             UNKNOWN),
        ]  # fmt: skip
        rows = [(a, b, DASH if c == UNKNOWN else c) for a, b, c in rows]
        tables.append(
            Table(
                f"Person {person['person'] + 1}, threshold {person['threshold']:g} "
                f"({person['recogniser']})",
                ("figure", "result", "original encoded again"),
                tuple(rows),
            )
        )
    residual = content.get("residual") or {}
    left = len(residual.get("found") or [])
    notes = [
        f"Other detectors looked at {residual.get('frames', 0)} frames, at four rotations, for "
        "faces where nobody was tracked and found "
        f"{'none' if not left else f'some in {left} of them'}.",
        *content.get("notes", []),
    ]
    if any((person.get("seen") or 0) < 0.995 for person in content.get("people") or []):
        notes.append(
            "In some compared frames the result shows no face: of a face that is hidden or blurred "
            "the recogniser says little."
        )
    return Section(
        "privacy",
        "Privacy",
        "How far the recogniser sees the result's face from the patient's: below the threshold it "
        "takes the two for one person.",
        tuple(tables),
        ("privacy",),
        tuple(notes),
        content.get("citation", ""),
    )


def drawing(evidence: Evidence) -> Made:
    """How far each compared frame of the result is from the person."""
    findings = evidence.verdict.findings if evidence.verdict else []
    findings = [found for found in findings if found.pairs]
    if not findings:
        return None
    figure = canvas(2.5)
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
