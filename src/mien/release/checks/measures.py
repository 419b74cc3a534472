"""Whether the figures are of this clip."""

from __future__ import annotations

from mien.release.checks.base import Check, Look
from mien.release.subject import Subject


def check(clip: Subject, look: Look) -> list[Check]:
    """Whether there are figures, and of this clip."""
    if clip.metrics is None:
        return []
    if clip.measured:
        return [
            clip.check("measures", "pass", "measured", "The figures were measured on this clip.")
        ]
    return [
        clip.check(
            "measures", "warn", "measured_other",
            "The figures are of another version of this clip and are left out: measure it again.",
        )
    ]  # fmt: skip
