"""The figures that tables of several results show, a column each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mien.evidence.metrics import Metrics
from mien.fidelity.figures import FIGURES, Figure

COLUMNS = tuple(figure for figure in FIGURES.values() if figure.title)
"""Those of comparisons, cohorts and cards; one that nobody has is left out."""
OF_ENGINES = (
    *COLUMNS,
    *(
        replace(FIGURES[f"body.with_neck.{key}"], title=title)
        for key, title in (
            ("share_over_95", "body, 18 keypoints, share over .95"),
            ("share_over_995", "body, 18 keypoints, share over .995"),
            ("ap_50", "body, 18 keypoints, AP at .50"),
            ("ap_50_95", "body, 18 keypoints, AP"),
        )
    ),
)
"""The same and the body as it is published, for comparisons of engines."""


def known(metrics: Sequence[Metrics | None], columns: Sequence[Figure] = COLUMNS) -> list[Figure]:
    """The columns in which somebody has a figure."""
    there = [one for one in metrics if one is not None]
    return [c for c in columns if any(one.value(c) is not None for one in there)]


def best(column: Figure, values: Sequence[float | None]) -> set[int]:
    """Which of the values are best; empty with fewer than two, or if all are equal."""
    there = {k: column.badness(value) for k, value in enumerate(values) if value is not None}
    if len(there) < 2 or len(set(there.values())) == 1:
        return set()
    least = min(there.values())
    return {k for k, value in there.items() if value == least}
