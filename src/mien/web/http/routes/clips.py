"""Clips: following, repeating and removing them, and fetching what became of them."""

from __future__ import annotations

from contextlib import suppress

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from mien.web.http.clip_views import ClipView, DeletedView, Views
from mien.web.http.desk import Desk
from mien.web.http.problems import Problem, documented
from mien.web.http.sending import Range, send, sent
from mien.web.queue.folders import MANIFEST, PREVIEW, RESULT
from mien.web.queue.leaving import REMOVED_AFTER_S, remove_clip, remove_original
from mien.web.queue.tables import Clip, Status

"""For which removing can be undone."""


def routes(desk: Desk) -> APIRouter:
    """Routes under /clips."""
    router = APIRouter()
    clips, jobs, folders = desk.store.clips, desk.store.jobs, desk.folders
    views = Views(desk)
    view = views.one

    def check_unneeded(clip: Clip) -> None:
        if clip.id in jobs.needed():
            raise Problem(
                409, "in_use", "This clip is still needed: wait until all about it is done."
            )

    @router.get("/clips", responses=documented(404))
    def list_clips(project: str | None = None, leaving: bool = False) -> list[ClipView]:
        """Clips of a project in the order they came; with those that are about to be removed if
        they are asked for."""
        home = desk.project(project).id
        listed = [clip for clip in clips.listing(home) if leaving or clip.leaves is None]
        return views.all(listed, home)

    @router.delete("/originals", responses=documented(404))
    def delete_originals(project: str | None = None) -> DeletedView:
        """Delete the originals of a project's clips that are over and not needed; results stay."""
        listed = clips.listing(desk.project(project).id)
        stored = [clip for clip in listed if clip.original and clip.leaves is None]
        needed = jobs.needed()  # asked last: what has just been done may be measured next
        deleted = 0
        for clip in stored:
            if Status(clip.job.status).over and clip.id not in needed:
                with suppress(OSError):  # one that cannot go does not keep the others
                    remove_original(folders, desk.store, clip)
                    deleted += 1
        return DeletedView(deleted=deleted, kept=len(stored) - deleted)

    @router.get("/clips/{clip}", responses=documented(404))
    def one_clip(clip: str) -> ClipView:
        """One clip."""
        return view(desk.clip(clip))

    @router.delete("/clips/{clip}", status_code=204, responses=documented(404, 409))
    def remove(clip: str) -> Response:
        """Delete a clip that is over, with its original, its result and its measurements."""
        found = desk.clip(clip, leaving=True)
        check_unneeded(found)
        if not remove_clip(folders, desk.store, found):
            raise Problem(409, "not_over", "This clip is being worked on: cancel it first.")
        return Response(status_code=204)

    @router.post("/clips/{clip}/remove", responses=documented(404, 409))
    def remove_soon(clip: str) -> ClipView:
        """Delete a clip as DELETE does, in a minute; until then it can be brought back."""
        found = desk.clip(clip)
        check_unneeded(found)
        if not clips.leave(clip, REMOVED_AFTER_S):
            raise Problem(409, "not_over", "This clip is being worked on: cancel it first.")
        return view(desk.clip(clip, leaving=True))

    @router.post("/clips/{clip}/restore", responses=documented(404, 409))
    def restore(clip: str) -> ClipView:
        """Bring back a clip that is about to be removed."""
        desk.clip(clip, leaving=True)
        if not clips.stay(clip):
            raise Problem(409, "not_leaving", "This clip is not about to be removed: it stays.")
        return view(desk.clip(clip))

    @router.post("/clips/{clip}/cancel", responses=documented(404, 409))
    def cancel(clip: str) -> ClipView:
        """Stop working on a clip, or take it out of the queue."""
        if Status(desk.clip(clip).job.status).over:
            raise Problem(409, "over", "This clip is finished: there is nothing to cancel.")
        jobs.ask_to_cancel(clip)
        return view(desk.clip(clip))

    @router.post("/clips/{clip}/again", responses=documented(404, 409))
    def again(clip: str) -> ClipView:
        """Queue a clip that failed or was cancelled once more."""
        if not desk.clip(clip).original:
            raise Problem(409, "no_original", "The original was deleted: upload the clip again.")
        if not jobs.again(clip):
            raise Problem(409, "not_failed", "This clip did not fail: there is nothing to repeat.")
        return view(desk.clip(clip))

    @router.delete("/clips/{clip}/original", responses=documented(404, 409))
    def delete_one_original(clip: str) -> ClipView:
        """Delete the original of a clip that is over; its result stays."""
        found = desk.clip(clip)
        check_unneeded(found)
        if not Status(found.job.status).over:
            raise Problem(409, "not_over", "This clip is being worked on: cancel it first.")
        remove_original(folders, desk.store, found)
        return view(desk.clip(clip))

    # results are called by their clip's id: the original's name may be the patient's
    @router.get(
        "/clips/{clip}/result", responses=sent("video/mp4"), response_class=StreamingResponse
    )
    def result(clip: str, range: Range = None) -> Response:
        """The de-identified clip."""
        path = desk.file(desk.done(clip), RESULT)
        return send(path, range, "video/mp4", called=f"deid-{clip[:8]}.mp4")

    @router.get(
        "/clips/{clip}/manifest",
        responses=sent("application/json"),
        response_class=StreamingResponse,
    )
    def manifest(clip: str, range: Range = None) -> Response:
        """What was done to every frame."""
        path = desk.file(desk.done(clip), MANIFEST)
        return send(path, range, "application/json", called=f"deid-{clip[:8]}.json")

    @router.get(
        "/clips/{clip}/preview",
        responses={200: {"content": {"image/jpeg": {}}}, **documented(404, 409)},
        response_class=Response,
    )
    def preview(clip: str) -> Response:
        """One frame of the de-identified clip; of one that is being drawn, the last one."""
        found = desk.clip(clip)
        # what is being drawn nobody has tried to recognise yet
        running = found.job.status == Status.RUNNING and desk.names(found.project_id)
        drawn = found.job if running else found
        if drawn.run is None:
            raise Problem(409, "not_done", "This clip has no result: wait until it is done.")
        try:  # read at once: a picture that is drawn is replaced meanwhile
            content = (folders.run(drawn) / PREVIEW).read_bytes()
        except OSError as error:
            raise Problem(404, "file_gone", "There is no picture yet: wait.") from error
        return Response(content, media_type="image/jpeg")

    return router
