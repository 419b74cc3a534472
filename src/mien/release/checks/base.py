"""What a check of a release says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from mien.progress import Progress

Verdict = Literal["pass", "warn", "fail"]

NAMES: tuple[str, ...] = (
    "manifest",
    "metadata",
    "faces",
    "original",
    "voice",
    "covered",
    "linkage",
    "measures",
    "names",
    "consent",
)
"""What is checked, in the order in which it is told."""


@dataclass(frozen=True)
class Look:
    """How a clip is looked at."""

    landmarker: str | None = None
    """A Face Landmarker model to look for faces with; the built-in mesh if None."""
    progress: Progress | None = None
    """Called as ``progress(stage, done, total)``."""


@dataclass(frozen=True)
class Check:
    """One check of one clip, or of the whole release."""

    name: str
    """Of `NAMES`."""
    verdict: Verdict
    """``"fail"`` stops the release; ``"warn"`` is what somebody has to know and decide about."""
    code: str
    """Which sentence it is, for translations."""
    sentence: str
    """What was found and, unless it passed, what to do."""
    values: dict[str, Any] = field(default_factory=dict)
    """The evidence: numbers, seconds, words; ready for JSON."""
    clip: int | None = None
    """Number of the clip from 1; None for the whole release."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "clip": self.clip,
            "name": self.name,
            "verdict": self.verdict,
            "code": self.code,
            "sentence": self.sentence,
            "values": self.values,
        }


def failed(checks: Iterable[Check]) -> list[Check]:
    """Those that stop the release."""
    return [check for check in checks if check.verdict == "fail"]
