"""Expression: whether its channels are scored as they were."""

from __future__ import annotations

from typing import Any

import numpy as np

from mien.evidence.evaluate import Evidence
from mien.fidelity.figures import look_up
from mien.report.drawing import CEILING, RESULT, Made, canvas
from mien.report.evidence.agreement import agreement
from mien.report.evidence.curves import Curves
from mien.report.numbers import number
from mien.report.sections import Section, Table


def section(content: dict[str, Any]) -> Section:
    """What was found, in words and figures."""
    channels = content.get("r_by_channel") or {}
    worst = tuple(
        (name, number(channels.get(name)), number(look_up(content, f"ceiling.r_by_channel.{name}")))
        for name in content.get("worst") or ()
    )
    tables = [agreement("Agreement", "expression", content, ("r", "difference"))]
    labels = content.get("labels")
    if labels:
        tables.append(
            agreement(
                f"Expression that the face resembles most, in {labels['frames']} frames",
                "expression",
                content,
                ("labels.same", "labels.kappa"),
            )
        )
    if worst:
        tables.append(Table("Channels that agree least", ("channel", "r", "ceiling"), worst))
    notes = [
        f"{content.get('channels', 0)} channels move in the original; compared in "
        f"{content.get('frames', 0)} frames."
    ]
    if content.get("note"):
        notes.append(content["note"])
    return Section(
        "expression",
        "Expression",
        "Whether smiles, frowns, squints and the like are scored as they were over time.",
        tuple(tables),
        ("expression",),
        tuple(notes),
        content.get("citation", ""),
    )


def _channels(evidence: Evidence, curves: Curves) -> Made:
    metrics = evidence.metrics.measures["expression"] or {}
    channels = metrics.get("r_by_channel") or {}
    channels = {name: r for name, r in channels.items() if r is not None}
    if not channels:
        return None
    names = sorted(channels, key=lambda name: -channels[name])
    figure = canvas(0.8 + 0.15 * len(names))
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


DRAWINGS = (_channels,)
"""What is drawn of it."""
