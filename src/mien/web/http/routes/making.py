"""Making stored clips otherwise, or once more, without uploading them again; and their order."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path
from threading import Lock
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from mien.web.http.clip_views import ClipView, Views
from mien.web.http.desk import Desk
from mien.web.http.making import Making, wanted
from mien.web.http.problems import Problem, documented
from mien.web.http.uploads import FULL
from mien.web.queue.estimate import Estimate, estimate
from mien.web.queue.leaving import REMOVED_AFTER_S
from mien.web.queue.tables import Clip, Kind, Status


class QueueView(BaseModel):
    """How long it takes until nothing waits any more."""

    seconds_left: float | None
    """Of all projects; None where nothing is known of clips like these yet."""
    jobs: int
    """That are worked on or wait."""
    workers: int
    """Jobs that are worked on at once."""


def routes(desk: Desk) -> APIRouter:
    """Routes that change how and when clips are made."""
    router = APIRouter()
    clips, jobs, folders = desk.store.clips, desk.store.jobs, desk.folders
    view, choosing = Views(desk).one, Lock()

    @router.get("/queue")
    def queue() -> QueueView:
        """How long it takes until nothing waits any more."""
        workers = desk.serving.worker_count
        found: Estimate = estimate(jobs.listing(), clips.listing(), workers, desk.store.clock())
        return QueueView(seconds_left=found.seconds, jobs=found.jobs, workers=workers)

    @router.put("/clips/{clip}/making", responses=documented(404, 409))
    def change(clip: str, making: Making) -> ClipView:
        """Change how a clip is to be made that is neither made nor worked on; it waits as before,
        or where it did not, until it is begun."""
        found = desk.clip(clip)
        settings = wanted(making, found.subject, portrait=folders.portrait(found).is_file())
        if not found.original:
            raise _no_original()
        if found.run is not None or not clips.want(clip, settings.model_dump()):
            raise Problem(
                409, "made", "This clip is made or being made: make it once more instead."
            )
        clips.keep(clip, making.after)
        return view(desk.clip(clip))

    @router.post("/clips/{clip}/redo", status_code=201, responses=documented(404, 409, 507))
    def redo(clip: str, making: Making) -> ClipView:
        """Make another result of a clip's stored original; both are kept."""
        found = desk.clip(clip)
        if found.run is None:
            raise Problem(409, "not_done", "This clip has no result yet: change it instead.")
        if not found.original:
            raise _no_original()
        settings = wanted(making, found.subject, portrait=folders.portrait(found).is_file())
        jobs.check_room(Kind.DEIDENTIFY)
        family = found.family or found.id
        new = Clip(
            id=secrets.token_hex(16),
            after=making.after,
            family=family,
            came=found.came or found.created,
            **{name: getattr(found, name) for name in _OF_THE_ORIGINAL},
        )
        try:
            _share(folders.original(found), folders.original(new))
            if folders.portrait(found).is_file():
                _share(folders.portrait(found), folders.portrait(new))
            made = clips.add(new, settings.model_dump())
        except BaseException:
            folders.forget_clip(new)
            raise
        clips.join(found.id, family)
        desk.made(made.id)
        return view(made)

    @router.post("/clips/{clip}/choose", responses=documented(404, 409))
    def choose(clip: str) -> ClipView:
        """Keep this one of several results of the same original; the others go in a minute, until
        which they can be brought back."""
        with choosing:  # else two windows that keep one each would leave none
            keep_only(desk.clip(clip))
        return view(desk.clip(clip))

    def keep_only(found: Clip) -> None:
        if found.run is None:
            raise Problem(409, "not_done", "This clip has no result: wait until it is done.")
        others = [other for other in clips.siblings(found) if other.leaves is None]
        needed = jobs.needed()
        for other in others:
            if not Status(other.job.status).over or other.id in needed:
                raise Problem(
                    409, "in_use", "Another one is still worked on: wait, or cancel it first."
                )
        for other in others:
            if not clips.leave(other.id, REMOVED_AFTER_S):
                raise Problem(409, "not_over", "Another one is worked on: cancel it first.")

    @router.post("/clips/{clip}/move", responses=documented(404, 409))
    def move(clip: str, to: Literal["first", "earlier", "later", "last"]) -> ClipView:
        """Give a clip that waits another place in the queue."""
        desk.clip(clip)
        if not jobs.move(clip, to):
            raise Problem(409, "not_waiting", "This clip does not wait any more.")
        return view(desk.clip(clip))

    @router.post("/clips/{clip}/uncover", responses=documented(404, 409))
    def uncover(clip: str) -> ClipView:
        """Undo the last cover by hand."""
        found = desk.clip(clip)
        if clip in jobs.needed():
            raise Problem(
                409, "in_use", "This clip is still needed: wait until all about it is done."
            )
        if found.before is None or not (folders.runs(found) / found.before["run"]).is_dir():
            raise Problem(409, "nothing_covered", "There is no cover that could be undone.")
        if not clips.uncover(clip):
            raise Problem(409, "nothing_covered", "There is no cover that could be undone.")
        restored = desk.clip(clip)
        folders.forget_others(restored)
        return view(restored)

    return router


_OF_THE_ORIGINAL = (
    *("project_id", "name", "size", "width", "height", "frames", "seconds", "digest"),
    *("subject", "visit", "note"),
)


def _no_original() -> Problem:
    return Problem(409, "no_original", "The original was deleted: upload the clip again.")


def _share(source: Path, place: Path) -> None:
    """Have a file under a second name as well; where the disk cannot do that, a copy."""
    try:
        os.link(source, place)
    except FileNotFoundError as error:
        raise _no_original() from error
    except OSError:
        try:
            shutil.copyfile(source, place)
        except OSError as error:
            place.unlink(missing_ok=True)
            raise Problem(507, "disk_full", FULL) from error
