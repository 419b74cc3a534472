"""What the file says besides picture and sound."""

from __future__ import annotations

from mien.release.checks.base import Check, Look
from mien.release.metadata import carried
from mien.release.subject import Subject


def check(clip: Subject, look: Look) -> list[Check]:
    """Whether the file carries a label and nothing else."""
    found = carried(clip.packed)
    if found.extra:
        listed = ", ".join(found.extra)
        return [
            clip.check(
                "metadata", "fail", "metadata_extra",
                f"The file carries more than picture, sound and label ({listed}): make the clip "
                "again with mien.",
                extra=list(found.extra),
            )
        ]  # fmt: skip
    if not found.labelled or found.label != clip.manifest.label:
        return [
            clip.check(
                "metadata", "fail", "no_label",
                "The file does not say that its faces are synthetic, as its manifest does: make "
                "the clip again.",
            )
        ]  # fmt: skip
    if found.signed:
        return [
            clip.check(
                "metadata", "warn", "signed",
                "The file is signed, and the certificate in it names who signed it.",
            )
        ]  # fmt: skip
    return [
        clip.check(
            "metadata", "pass", "metadata_clean",
            "The file says that its faces are synthetic and nothing else: no date, place, device, "
            "title or chapter.",
        )
    ]  # fmt: skip
