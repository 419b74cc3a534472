"""The figures of a measurement that the application shows beside the report."""

from __future__ import annotations

from typing import Final

FIGURES: Final = {
    "r_x": "dynamics.r_x",
    "r_y": "dynamics.r_y",
    "r_cca": "dynamics.r_cca",
    "blinks": "blink.f1",
    "lip_tremor": "tremor.lip.ratio",
    "expression": "expression.r",
    "body": "body.oks_mean",
    "face_found": "continuity.face_found",
    "recognised": "privacy.share_recognised",
    "distance": "privacy.nearest",
}
"""Name of each figure in the API, and its dotted key in the metrics, as the columns of
`mien.report.evidence.columns` have it; no import, because those load numerical libraries."""
