"""Whether frames are still the original's."""

from __future__ import annotations

from mien.outputs import checksum
from mien.release.checks.base import Check, Look
from mien.release.subject import Subject
from mien.release.unchanged import unchanged


def check(clip: Subject, look: Look) -> list[Check]:
    """Whether every frame was changed."""
    if clip.original is None:
        return []
    if checksum(clip.result) == checksum(clip.original):
        return [
            clip.check(
                "original", "fail", "is_original", "This is the original: choose its result."
            )
        ]
    same = unchanged(clip.original, clip.packed, progress=look.progress)
    if not same:
        return [
            clip.check(
                "original", "pass", "all_changed", "Every frame differs from the original's."
            )
        ]
    frames = "1 frame is" if len(same) == 1 else f"{len(same)} frames are"
    where = f"{frames} as in the original, the first at {same[0]:.2f} s"
    values = {"frames": len(same), "first": round(same[0], 3)}
    if clip.left:  # nobody else was in them
        return [clip.check("original", "warn", "unchanged_left", f"{where}: look there.", **values)]
    return [
        clip.check(
            "original", "fail", "unchanged",
            f"{where}: make the clip again, or cover these frames by hand.",
            **values,
        )
    ]  # fmt: skip
