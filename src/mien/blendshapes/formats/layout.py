"""What is asked of a layout of files of scores."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mien.blendshapes.recording import Recording
from mien.intake.tables import TIMES

PEOPLE = ("participant", "expression")
"""Columns of words: who, and what was asked for."""
NO_SCORES = ("frame", *TIMES, *PEOPLE, "device")
"""Columns of a table that hold no score."""
_BESIDE = re.compile(
    r"pose_(yaw|pitch|roll)_deg|gaze_(yaw|pitch)_deg|aperture_(left|right|mouth)|AU\d\d"
    r"|[xyz]_\d{1,3}"
)


def is_beside(name: str) -> bool:
    """Whether a column is one that `mien.blendshapes.beside` writes, and no score."""
    return _BESIDE.fullmatch(name) is not None


Read = Callable[[Path, float | None], Recording]
"""From a file and the rate of its timecodes, if that is known, to its recording."""
ToBytes = Callable[[Recording], tuple[bytes, tuple[str, ...]]]
"""From a recording to a file's content, and a sentence on everything it has no place for."""


@dataclass(frozen=True)
class Layout:
    """One kind of file."""

    read: Read
    """Reads it."""
    to_bytes: ToBytes
    """Makes it."""
    check: Callable[[], object] | None = None
    """Raises `ParameterError` where a package for it is missing."""
