"""Jobs that are no clips: covering, measuring, encounters, releases."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from mien.web.http.desk import Desk, WorkView
from mien.web.http.problems import Problem, documented
from mien.web.queue.jobs import READERS
from mien.web.queue.tables import Kind, Status


def routes(desk: Desk) -> APIRouter:
    """Routes under /works."""
    router = APIRouter(prefix="/works")
    jobs, clips = desk.store.jobs, desk.store.clips

    @router.get("", responses=documented(404))
    def list_works(
        project: str | None = None, kind: Annotated[list[Kind] | None, Query()] = None
    ) -> list[WorkView]:
        """Jobs of a project that are no clips, or those of some kinds, in the order they came."""
        kinds = [each for each in kind or READERS if each in READERS]
        home = desk.project(project).id
        if not desk.names(home):
            kinds = [each for each in kinds if not each.reads_original]
        runs = clips.runs(home)
        return [desk.work_view(job, runs) for job in jobs.listing(home, *kinds)] if kinds else []

    @router.get("/{work}", responses=documented(404))
    def one_work(work: str) -> WorkView:
        """One job."""
        found = desk.work(work)
        return desk.work_view(found, clips.runs(found.project_id))

    @router.post("/{work}/cancel", responses=documented(404, 409))
    def cancel_work(work: str) -> WorkView:
        """Stop a job, or take it out of the queue."""
        if Status(desk.work(work).status).over:
            raise Problem(409, "over", "This is finished: there is nothing to cancel.")
        jobs.ask_to_cancel(work)
        return desk.work_view(desk.work(work))

    @router.delete("/{work}", status_code=204, responses=documented(404, 409))
    def remove_work(work: str) -> Response:
        """Delete a job that is over, with what it made."""
        found = desk.work(work)
        if not jobs.remove(work):
            raise Problem(409, "not_over", "This is being worked on: cancel it first.")
        desk.folders.forget(found)
        desk.store.scrub()
        return Response(status_code=204)

    return router
