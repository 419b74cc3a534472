"""Covering moments of a clip's result, and of the copy for comparing."""

from __future__ import annotations

import shutil
from typing import Any

from mien.errors import ParameterError
from mien.pipeline.covering import Moment, cover_beside, cover_by_hand
from mien.progress import Progress
from mien.web.queue.folders import COMPARE, FRAMES, PREVIEW, RESULT
from mien.web.queue.tasks import Task
from mien.web.works.previews import preview


def cover(task: Task, progress: Progress) -> dict[str, Any]:
    """Cover what was marked in a clip's result, into files that take the place of the present ones.

    ``task.wanted["ranges"]`` lists ``{"from_s", "to_s", "box"}``, as `Moment` has them.

    Raises
    ------
    MienError
        As `mien.pipeline.covering.cover_by_hand` does; nothing of the present result is changed.
    """
    (clip,) = task.clips
    if clip.folder is None:
        raise ParameterError(f"{clip.name} has no result: wait until it is done.")
    moments = [
        Moment(
            float(wanted["from_s"]),
            float(wanted["to_s"]),
            None if wanted.get("box") is None else tuple(wanted["box"]),
        )
        for wanted in task.wanted["ranges"]
    ]
    made = cover_by_hand(clip.folder / RESULT, task.folder / RESULT, moments, progress=progress)
    beside = clip.folder / COMPARE
    if beside.is_file():
        cover_beside(beside, task.folder / COMPARE, moments, progress=progress)
        if not beside.is_file():  # the original was deleted meanwhile, and with it what shows it
            (task.folder / COMPARE).unlink(missing_ok=True)
    preview(made.output, task.folder / PREVIEW, len(made.ledger.entries))
    if (clip.folder / FRAMES).is_file():
        shutil.copyfile(clip.folder / FRAMES, task.folder / FRAMES)
    return {
        "ranges": len(moments),
        "frames": made.frames,
        "rerendered": made.encoded,
        "copied": made.copied,
        "whole": made.reason,
        "ledger": made.ledger.counts(),
    }
