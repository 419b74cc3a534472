"""What links the clip to other clips."""

from __future__ import annotations

from mien.release.checks.base import Check, Look
from mien.release.subject import Subject


def check(clip: Subject, look: Look) -> list[Check]:
    """Whether who has another clip of the person can link the two."""
    linkable = clip.manifest.linkable
    if linkable.get("by_surrogate"):
        return [
            clip.check(
                "linkage", "warn", "same_face",
                "The new face was given on purpose and may be that of other clips: who has one can "
                "link the other.",
            )
        ]  # fmt: skip
    if linkable.get("by_facial_motion"):
        return [
            clip.check(
                "linkage", "pass", "by_motion",
                "The new face was chosen for this clip alone; how the face moves can still link "
                "clips of one person.",
            )
        ]  # fmt: skip
    return [
        clip.check(
            "linkage", "pass", "by_head",
            "No face is shown that other clips could share; how the head moves can still link "
            "them.",
        )
    ]  # fmt: skip
