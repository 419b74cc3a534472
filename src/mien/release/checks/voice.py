"""Whether the voice is heard."""

from __future__ import annotations

from mien.release.checks.base import Check, Look
from mien.release.metadata import carried
from mien.release.subject import Subject


def check(clip: Subject, look: Look) -> list[Check]:
    """Whether there is sound."""
    if carried(clip.packed).sound:
        if clip.manifest.settings.get("voice") == "change":
            return [
                clip.check(
                    "voice", "warn", "voice_changed",
                    "The voice in the clip was changed; what is said and how can still identify a "
                    "person: listen to it, and release it without sound unless the person agreed.",
                )
            ]  # fmt: skip
        return [
            clip.check(
                "voice", "warn", "voice_kept",
                "The original sound is in the clip, and a voice identifies a person: release it "
                "without sound unless the person agreed.",
            )
        ]  # fmt: skip
    if clip.packed != clip.result:
        return [
            clip.check(
                "voice", "pass", "voice_removed",
                "The sound was taken out; the pictures are the same, bit for bit.",
            )
        ]  # fmt: skip
    return [clip.check("voice", "pass", "voice_none", "There is no sound.")]
