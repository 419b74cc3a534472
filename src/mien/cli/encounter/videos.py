"""Videos for the page of an encounter, made while its report is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mien.cli.encounter.sources import BOTH
from mien.cli.failure import explain, tell
from mien.cli.given import thoroughness
from mien.errors import PrivacyError, TrackingError
from mien.progress import Progress, staged_as


@dataclass(frozen=True)
class Made:
    """What the recordings became."""

    shown: Mapping[str, Path] = field(default_factory=dict)
    """De-identified videos by role."""
    kept: Mapping[str, Path] = field(default_factory=dict)
    """Files to keep with the report, by their name there."""
    why_missing: str = ""
    """Why a role has no video, in sentences."""


def videos_of(
    sources: Mapping[str, Path], folder: Path, landmarker: Path | None, progress: Progress
) -> Made:
    """De-identify the recordings into a folder; where that fails, the page does without and why."""
    from mien.pipeline.deidentify import deidentify
    from mien.pipeline.settings import Settings

    shown: dict[str, Path] = {}
    kept: dict[str, Path] = {}
    reasons: list[str] = []
    settings = Settings(
        voice="mute",
        landmarker=None if landmarker is None else str(landmarker),
        thoroughness=thoroughness(),
    )
    for role, source in sources.items():
        clip = folder / f"{role}.mp4"
        try:
            result = deidentify(
                source,
                clip,
                settings,
                progress=staged_as(progress, f"{role}, "),
            )
        except (PrivacyError, TrackingError) as error:
            sentence, _ = explain(error)
            who = "the recording" if role == BOTH else f"the {role}'s recording"
            tell(f"the page has no video of {who}: {sentence}")
            reasons.append(
                f"{who[0].upper()}{who[1:]} is not shown, because it could not be de-identified: "
                f"{sentence}"
            )
            continue
        shown[role] = clip
        kept[f"videos/{role}.mp4"], kept[f"videos/{role}.json"] = clip, result.manifest
    return Made(shown, kept, " ".join(reasons))
