"""Projects: clips that belong together, in a folder of their own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from mien.web.http.desk import Desk
from mien.web.http.problems import Problem, documented
from mien.web.http.uploads import printable
from mien.web.queue.leaving import remove_clip

Name = Annotated[str, Query(min_length=1, max_length=200)]


class ProjectView(BaseModel):
    """Clips that belong together."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    created: float
    """Seconds since 1970."""


def routes(desk: Desk) -> APIRouter:
    """Routes under /projects."""
    router = APIRouter(prefix="/projects")
    projects = desk.store.projects

    @router.get("")
    def list_projects() -> list[ProjectView]:
        """All projects, oldest first."""
        return [ProjectView.model_validate(found) for found in projects.all()]

    @router.post("", status_code=201)
    def add_project(name: Name) -> ProjectView:
        """Add a project."""
        most = desk.store.capacity.projects
        if len(projects.all()) >= most:
            raise Problem(
                429,
                "too_many_projects",
                f"There are {most} projects: remove one that is empty first.",
            )
        project = projects.add(printable(name) or "Clips")
        desk.folders.open_project(project.id)
        return ProjectView.model_validate(project)

    @router.put("/{project}", responses=documented(404))
    def rename_project(project: str, name: Name) -> ProjectView:
        """Call a project something else."""
        desk.project(project)
        projects.rename(project, printable(name) or "Clips")
        return ProjectView.model_validate(desk.project(project))

    @router.delete("/{project}", status_code=204, responses=documented(404, 409))
    def remove_project(project: str) -> Response:
        """Remove an empty project; one always stays."""
        desk.project(project)
        for clip in desk.store.clips.leaving(project):  # nobody waits for what goes anyway
            remove_clip(desk.folders, desk.store, clip)
        if not desk.store.jobs.listing(project) and not desk.folders.is_empty(project):
            raise Problem(
                409,
                "files_left",
                "The folder of the project holds files that are on no list: the person who runs "
                "mien serve has to move them away first.",
            )
        if not projects.remove(project):
            if len(projects.all()) == 1:
                raise Problem(409, "only_one", "This is the only project: one always stays.")
            raise Problem(
                409,
                "not_empty",
                "The project holds clips, encounters or releases: remove them first.",
            )
        desk.folders.forget_project(project)
        return Response(status_code=204)

    return router
