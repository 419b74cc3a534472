"""How much of the clip shows no movement that was measured."""

from __future__ import annotations

from mien.release.checks.base import Check, Look
from mien.release.subject import Subject

MUCH = 0.2
"""Share of frames that are covered or interpolated from which on it is said to be much."""


def check(clip: Subject, look: Look) -> list[Check]:
    """Whether much is covered or interpolated."""
    counts = clip.manifest.counts
    total = max(sum(counts.values()), 1)
    covered, guessed = (counts.get(key, 0) / total for key in ("covered", "interpolated"))
    shares = f"{covered:.1%} of the frames are covered and {guessed:.1%} interpolated"
    values = {"covered": round(covered, 4), "interpolated": round(guessed, 4)}
    if max(covered, guessed) > MUCH:
        return [
            clip.check(
                "covered", "warn", "covered_much",
                f"{shares}: there movement is missing or guessed, so look whether the clip still "
                "shows what it is for.",
                **values,
            )
        ]  # fmt: skip
    if not clip.traits.shows_face:
        return [
            clip.check(
                "covered", "pass", "masked",
                "Faces are masked, so no movement of theirs is to be seen; besides that "
                f"{covered:.1%} of the frames are covered.",
                **values,
            )
        ]  # fmt: skip
    return [clip.check("covered", "pass", "covered_little", f"{shares}.", **values)]
