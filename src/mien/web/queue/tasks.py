"""What a worker is given to do, and how it says how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.web.queue.tables import Kind


@dataclass(frozen=True)
class Material:
    """A clip that a job reads."""

    id: str
    name: str
    """What people call it."""
    original: Path | None
    """The clip as it came; None if that was deleted."""
    folder: Path | None
    """Its result, as `mien.web.queue.folders` names the files; None if there is none yet."""
    wanted: dict[str, Any]
    """How it is de-identified."""
    file: str = ""
    """What its file was called, which nothing that is passed on may hold."""
    portrait: Path | None = None
    """A picture to be the new face, if one was stored with the clip."""


@dataclass(frozen=True)
class Task:
    """A job as the worker's functions see it."""

    kind: Kind
    folder: Path
    """Empty folder for what is made."""
    wanted: dict[str, Any]
    """Settings, as the kind of job has them."""
    clips: tuple[Material, ...]
    """What is read."""
