"""All last checks, in the order in which they are told."""

from __future__ import annotations

from collections.abc import Callable

from mien.errors import ParameterError
from mien.outputs import checksum
from mien.release.checks import (
    consent,
    covered,
    faces,
    linkage,
    manifest,
    measures,
    metadata,
    names,
    original,
    shared_faces,
    voice,
)
from mien.release.checks.base import Check, Look
from mien.release.package import Package
from mien.release.subject import Subject

OF_A_CLIP: tuple[Callable[[Subject, Look], list[Check]], ...] = (
    manifest.check,
    metadata.check,
    faces.check,
    original.check,
    voice.check,
    covered.check,
    linkage.check,
    measures.check,
)
OF_ALL: tuple[Callable[[Package], list[Check]], ...] = (
    shared_faces.check,
    names.check,
    consent.check,
)


def inspect(clip: Subject, look: Look) -> list[Check]:
    """All checks of one clip.

    Raises
    ------
    VideoError
        If a clip cannot be read.
    ParameterError
        If the original is another clip's.
    """
    if clip.original is not None:
        theirs = clip.manifest.input.get("sha256")
        if theirs != checksum(clip.original):
            raise ParameterError(
                f"{clip.original.name} is not the original of {clip.result.name}: give the clip "
                "that it was made from."
            )
    return [said for check in OF_A_CLIP for said in check(clip, look)]


def inspect_all(package: Package) -> list[Check]:
    """All checks of what is passed on together."""
    return [said for check in OF_ALL for said in check(package)]
