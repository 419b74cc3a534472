"""Whether the manifest describes the video, and says that it passed when it was made."""

from __future__ import annotations

from mien.outputs import checksum
from mien.release.checks.base import Check, Look
from mien.release.subject import Subject


def check(clip: Subject, look: Look) -> list[Check]:
    """Whether the manifest is of this video, and of one that passed."""
    told = clip.manifest
    try:
        described = told.output["sha256"] == checksum(clip.result)
        counted = sum(told.counts.values()) == told.output["frames"]
        audits = [(one["passed"], one["nearest"], one["threshold"]) for one in told.audits]
        if told.leftover is None or "privacy" not in told.content:
            raise KeyError("what was found in the result is not said")
    except KeyError:
        return [
            clip.check(
                "manifest", "fail", "not_a_manifest",
                "The file beside the clip is no manifest of mien: make the clip again.",
            )
        ]  # fmt: skip
    if not (described and counted):
        return [
            clip.check(
                "manifest", "fail", "not_described",
                "The video is not the one that its manifest describes, so it was changed after it "
                "was checked: make the clip again.",
            )
        ]  # fmt: skip
    if told.leftover or not all(passed is True for passed, _, _ in audits):
        return [
            clip.check(
                "manifest", "fail", "not_audited",
                "The manifest says that the clip did not pass when it was made: make it again.",
            )
        ]  # fmt: skip
    nearest = min((distance for _, distance, _ in audits), default=None)
    needed = max((threshold for _, _, threshold in audits), default=None)
    said = "" if nearest is None else f" (distance {nearest:.2f}, {needed:.2f} needed)"
    return [
        clip.check(
            "manifest", "pass", "described",
            "The video is the one that its manifest describes, and nobody was recognised in it "
            f"when it was made{said}.",
            nearest=nearest, needed=needed,
        )
    ]  # fmt: skip
