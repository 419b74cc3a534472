"""What was found in the data folder that was on no list."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from mien.web.http.desk import Desk


class RecoveryView(BaseModel):
    """What was found when the server started."""

    clips: int
    """Videos that are listed again, because the list did not have them."""
    unlisted: list[str]
    """Places in the data folder of what cannot be listed and may show patients."""


def routes(desk: Desk) -> APIRouter:
    """The route /recovery."""
    router = APIRouter()

    @router.get("/recovery")
    def recovery() -> RecoveryView:
        """What was found in the data folder that was on no list."""
        found, visitor = desk.recovery, desk.visitor()
        if visitor is not None and not visitor.is_admin:
            return RecoveryView(clips=0, unlisted=[])
        return RecoveryView(clips=found.clips, unlisted=list(found.unlisted))

    return router
