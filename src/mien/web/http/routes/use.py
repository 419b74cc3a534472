"""How much is stored, how much may be, and how long it is kept."""

from __future__ import annotations

import shutil

from fastapi import APIRouter
from pydantic import BaseModel

from mien.web.http.desk import Desk
from mien.web.http.problems import documented


class UseView(BaseModel):
    """What a project takes and may take."""

    used: int
    """Bytes that all projects of its owner take; without an owner, all that is stored."""
    quota: int | None
    """Bytes that they may take; None if only the disk limits them."""
    left: int | None
    """Bytes that may still come; None if only the disk limits them."""
    originals_days: float | None
    """Days after which originals are removed; None if they stay."""
    results_days: float | None
    """Days after which results are removed; None if they stay."""


class PersonView(BaseModel):
    """What the projects of one account take."""

    id: str
    used: int
    quota: int | None


class DepartmentView(BaseModel):
    """What all that is stored takes."""

    used: int
    """Bytes in the data folder."""
    quota: int | None
    """Bytes that it may take; None if only the disk limits it."""
    quota_each: int | None
    """Bytes that the projects of one account may take, where it says nothing else."""
    free: int
    """Bytes free on the disk."""
    originals_days: float | None
    results_days: float | None
    people: list[PersonView]


def routes(desk: Desk) -> APIRouter:
    """Routes /use and /department."""
    router = APIRouter()
    quota, retention = desk.quota, desk.serving.retention

    @router.get("/use", responses=documented(404))
    def use(project: str | None = None) -> UseView:
        """What a project takes and may take, and how long it is kept."""
        found = desk.project(project)
        owner = found.owner
        return UseView(
            used=quota.used() if owner is None else quota.used_by(owner),
            quota=quota.whole if owner is None else quota.of(owner),
            left=quota.left(found),
            originals_days=retention.originals_days,
            results_days=retention.results_days,
        )

    @router.get("/department")
    def department() -> DepartmentView:
        """What all that is stored takes, by account."""
        return DepartmentView(
            used=quota.used(),
            quota=quota.whole,
            quota_each=quota.each,
            free=shutil.disk_usage(desk.folders.data).free,
            originals_days=retention.originals_days,
            results_days=retention.results_days,
            people=[
                PersonView(id=one.id, used=quota.used_by(one.id), quota=quota.of(one.id))
                for one in desk.store.accounts.all()
            ],
        )

    return router
