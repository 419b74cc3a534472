"""Projects: clips that belong together, in a folder of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from mien.web.http.desk import Desk
from mien.web.http.problems import Problem, documented
from mien.web.http.uploads import printable
from mien.web.queue.leaving import remove_clip
from mien.web.queue.tables import Account, Project, Right

Name = Annotated[str, Query(min_length=1, max_length=200)]


class ProjectView(BaseModel):
    """Clips that belong together."""

    id: str
    name: str
    created: float
    """Seconds since 1970."""
    right: Literal["read", "work", "own"] = "own"
    """What whoever asks may do with it."""
    owner: str | None = None
    """Name of the account whose it is; None of nobody's, and where there are no accounts."""


class ShareView(BaseModel):
    """Somebody who may use a project that is another's."""

    account: str
    """Id of the account."""
    name: str
    right: Literal["read", "work"]


class Sharing(BaseModel):
    """What somebody else may do with a project."""

    right: Literal["read", "work"]


class Giving(BaseModel):
    """Whose a project shall be."""

    account: Annotated[str, Field(max_length=64)]
    """Id of the account."""


def routes(desk: Desk) -> APIRouter:
    """Routes under /projects."""
    router = APIRouter(prefix="/projects")
    projects, accounts = desk.store.projects, desk.store.accounts

    def views(found: Sequence[Project]) -> list[ProjectView]:
        visitor = desk.visitor()
        if visitor is None:
            return [_view(one, Right.OWN, None) for one in found]
        names = {account.id: account.name for account in accounts.all()}
        rights = accounts.rights(visitor.account)  # of one that was just made, too
        return [_view(one, rights[one.id], names.get(one.owner or "")) for one in found]

    @router.get("")
    def list_projects() -> list[ProjectView]:
        """Projects that may be seen, oldest first."""
        return views(desk.projects())

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
        visitor = desk.visitor()
        owner = None if visitor is None else visitor.account.id
        project = projects.add(printable(name) or "Clips", owner=owner)
        desk.folders.open_project(project.id)
        desk.made(project.id)
        return views([project])[0]

    @router.put("/{project}", responses=documented(404))
    def rename_project(project: str, name: Name) -> ProjectView:
        """Call a project something else."""
        desk.project(project)
        projects.rename(project, printable(name) or "Clips")
        return views([desk.project(project)])[0]

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

    _add_sharing(router, desk)
    return router


def _add_sharing(router: APIRouter, desk: Desk) -> None:
    """Routes by which others may use a project; without accounts there is nobody to share with."""
    accounts = desk.store.accounts

    def somebody(account: str) -> Account:
        found = accounts.get(account)
        if found is None:
            raise Problem(404, "no_account", "There is no such account: it may have been removed.")
        return found

    @router.get("/{project}/shares", responses=documented(404))
    def list_shares(project: str) -> list[ShareView]:
        """With whom a project is shared."""
        found = accounts.shares(desk.project(project).id)
        return [
            ShareView(account=one.id, name=one.name, right=_word(right)) for one, right in found
        ]

    @router.put("/{project}/shares/{account}", responses=documented(404, 409))
    def share(project: str, account: str, sharing: Sharing) -> list[ShareView]:
        """Let somebody see the results of a project, or work in it."""
        found, other = desk.project(project), somebody(account)
        if found.owner == other.id:
            raise Problem(409, "own_project", f"The project is {other.name}'s own.")
        desk.made(other.id)
        desk.say(f"may {sharing.right}")
        accounts.share(found.id, other.id, Right[sharing.right.upper()])
        return list_shares(project)

    @router.delete("/{project}/shares/{account}", responses=documented(404))
    def share_no_more(project: str, account: str) -> list[ShareView]:
        """Let somebody use a project no more."""
        found, other = desk.project(project), somebody(account)
        desk.made(other.id)
        accounts.share(found.id, other.id, None)
        return list_shares(project)

    @router.put("/{project}/owner", status_code=204, responses=documented(404))
    def give(project: str, giving: Giving) -> Response:
        """Give a project to somebody else."""
        found, other = desk.project(project), somebody(giving.account)
        desk.made(other.id)
        accounts.own(found.id, other.id)
        return Response(status_code=204)


def _view(project: Project, right: Right, owner: str | None) -> ProjectView:
    return ProjectView(
        id=project.id,
        name=project.name,
        created=project.created,
        right=_word(right),
        owner=owner,
    )


def _word(right: Right) -> Any:
    return right.name.lower()
