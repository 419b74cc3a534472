"""Which clips of a release show the same face."""

from __future__ import annotations

from mien.release.checks.base import Check
from mien.release.package import Package


def check(package: Package) -> list[Check]:
    """Which clips of a release show the same face, or belong to one person as somebody said."""
    groups: dict[str, set[int]] = {}
    for clip in package.clips:
        for face in clip.manifest.faces:
            groups.setdefault(face, set()).add(clip.number)
    same = sorted({tuple(sorted(group)) for group in groups.values() if len(group) > 1})
    return [
        Check(
            "linkage", "warn", "same_face_here",
            f"Clips {', '.join(map(str, group))} show the same face: they will be taken for one "
            "person's, whether or not they are.",
            {"clips": list(group)},
        )
        for group in same
    ]  # fmt: skip
