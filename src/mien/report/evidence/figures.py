"""The report's still figures. None of them holds a picture: they are curves, bars and maps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from mien.evidence.evaluate import Evidence
from mien.report.drawing import Drawing, Made, drawn, finish
from mien.report.evidence.curves import Curves
from mien.report.evidence.measures import (
    blink,
    body,
    continuity,
    dynamics,
    expression,
    overview,
    privacy,
    pulse,
    resting,
    tremor,
)

_MOVING = (overview, dynamics, blink, tremor, resting, body, pulse, expression, continuity)


def figures(evidence: Evidence, curves: Curves | None) -> Iterator[Drawing]:
    """All figures that this evidence gives.

    Parameters
    ----------
    evidence : Evidence
    curves : Curves or None
        `Curves.of` the evidence.
    """
    makers: list[Callable[[], Made]] = [partial(privacy.drawing, evidence)]
    if curves is not None:
        makers += [partial(make, evidence, curves) for one in _MOVING for make in one.DRAWINGS]
    for make in makers:
        if (drawing := _drawing(make)) is not None:
            yield drawing


@drawn
def _drawing(make: Callable[[], Made]) -> Drawing | None:
    made = make()
    return None if made is None else finish(*made)
