"""What workers do, by the kind of job; each function is imported when it is needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from mien.progress import Progress
from mien.web.queue.tables import Kind
from mien.web.queue.tasks import Task

_FUNCTIONS = {
    Kind.DEIDENTIFY: "mien.web.works.deidentify:render",
    Kind.PEOPLE: "mien.web.works.people:find_people",
    Kind.TRY: "mien.web.works.trying:try_moment",
    Kind.COVER: "mien.web.works.cover:cover",
    Kind.EVALUATE: "mien.web.works.evaluate:evaluate",
    Kind.ENCOUNTER: "mien.web.works.encounter:encounter",
    Kind.RELEASE: "mien.web.works.release:release",
}


def do(task: Task, progress: Progress) -> dict[str, Any] | None:
    """Do a job.

    Returns
    -------
    found : dict or None
        What pages show of the result without opening it, JSON.

    Raises
    ------
    MienError
        If nothing came of it; what is in the task's folder is removed.
    """
    module, _, function = _FUNCTIONS[task.kind].partition(":")
    found: dict[str, Any] | None = getattr(import_module(module), function)(task, progress)
    return found
