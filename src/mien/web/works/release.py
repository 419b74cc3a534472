"""Checking results and packing them for somebody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mien.errors import ParameterError
from mien.progress import Progress
from mien.release import Check, Options, Source, Withheld
from mien.release import release as pack
from mien.report.language import DEFAULT
from mien.web.queue.folders import ARCHIVE, RESULT
from mien.web.queue.tasks import Material, Task


def release(task: Task, progress: Progress) -> dict[str, Any]:
    """Check clips and pack them.

    The folder gets the archive, unless a check fails: what failed is then what was found.

    Raises
    ------
    MienError
        If something cannot be read or written.
    """
    wanted = task.wanted
    options = Options(
        voice="mute" if wanted["mute"] else "keep",
        title=wanted["title"],
        consent=wanted["consent"],
        licence=wanted["licence"],
        contact=wanted["contact"],
        language=wanted.get("language", DEFAULT),
    )
    sources = [_source(clip, wanted["measured"].get(clip.id)) for clip in task.clips]
    try:
        made = pack(sources, task.folder / ARCHIVE, options, progress=progress)
    except Withheld as withheld:
        return {
            "passed": False,
            "checks": _told(withheld.checks, task.clips),
            "files": [],
            "bytes": 0,
        }
    return {
        "passed": True,
        "checks": _told(made.checks, task.clips),
        "files": [{"name": name, "bytes": size} for name, size in made.files.items()],
        "bytes": made.path.stat().st_size,
    }


def _source(clip: Material, measured: str | None) -> Source:
    if clip.folder is None:
        raise ParameterError(f"{clip.name} has no result: wait until it is done.")
    return Source(clip.folder / RESULT, clip.original, _metrics(clip.folder, measured), clip.file)


def _metrics(result: Path, measured: str | None) -> Path | None:
    """The figures that a job measured; None if it was removed meanwhile."""
    if measured is None:
        return None
    runs = result.parent.parent
    return next((runs / measured).glob("*/report/metrics.json"), None)


def _told(checks: tuple[Check, ...], clips: tuple[Material, ...]) -> list[dict[str, Any]]:
    """Checks for JSON, each with the clip that it is about."""
    return [
        {**check.as_dict(), "of": None if check.clip is None else clips[check.clip - 1].id}
        for check in checks
    ]
