"""The API under /api: what the pages use, described by /api/openapi.json."""

from __future__ import annotations

from fastapi import APIRouter

from mien.web.http.desk import Desk
from mien.web.http.problems import documented
from mien.web.http.routes import (
    accounts,
    batches,
    clips,
    compare,
    downloads,
    encounters,
    evidence,
    glances,
    lineups,
    live,
    making,
    me,
    patients,
    people,
    projects,
    recordings,
    recovery,
    releases,
    reviews,
    studies,
    surrogates,
    uploading,
    use,
    works,
)

_ROUTES = (
    *(projects, recovery, glances, uploading, downloads, patients, people, making, clips, compare),
    *(surrogates, works, evidence, encounters, releases, studies, lineups, reviews, recordings),
    *(live, me, accounts, use, batches),
)


def api(desk: Desk) -> APIRouter:
    """All routes."""
    router = APIRouter(prefix="/api", responses=documented(400, 401, 403, 413, 421, 422, 429, 503))
    for module in _ROUTES:
        router.include_router(module.routes(desk))
    return router
