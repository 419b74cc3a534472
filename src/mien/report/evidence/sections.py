"""The report's measures in words: what each means, its figures, its notes."""

from __future__ import annotations

from mien.evidence.metrics import Metrics
from mien.report.evidence.measures import (
    blink,
    body,
    continuity,
    dynamics,
    expression,
    looks,
    privacy,
    pulse,
    resting,
    tremor,
)
from mien.report.sections import Section

_MAKERS = {
    "dynamics": dynamics.section,
    "blink": blink.section,
    "tremor": tremor.section,
    "resting": resting.section,
    "body": body.section,
    "pulse": pulse.section,
    "expression": expression.section,
    "looks": looks.section,
    "continuity": continuity.section,
    "privacy": privacy.section,
}


def sections(metrics: Metrics) -> list[Section]:
    """All measures, in the order of the page; those that were not asked are left out."""
    found = ((maker, metrics.measures.get(key)) for key, maker in _MAKERS.items())
    return [maker(content) for maker, content in found if content is not None]
