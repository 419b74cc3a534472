"""The figures of a measurement that the application shows beside the report."""

from __future__ import annotations

from typing import Final

from mien.fidelity.figures import FIGURES as _ALL

FIGURES: Final = {
    name: _ALL[key]
    for name, key in (
        ("r_x", "dynamics.r_x"),
        ("r_y", "dynamics.r_y"),
        ("r_cca", "dynamics.r_cca"),
        ("blinks", "blink.own_f1"),
        ("lip_tremor", "tremor.lip.ratio"),
        ("expression", "expression.r"),
        ("body", "body.oks_mean"),
        ("face_found", "continuity.face_found"),
        ("recognised", "privacy.share_recognised"),
        ("distance", "privacy.nearest"),
    )
}
"""Each figure by its name in the API."""
